"""A topology that can't work is refused when it is declared."""

from dataclasses import replace

import pytest

from attribution.domain.steps.topology import ATTRIBUTE, ENTRIES, STITCH, TOUCHES, StepShape, Topology


def owners(**changes: object) -> StepShape:
    """Return a made-up step that reads orders through a repartition topic."""
    by_order = replace(ENTRIES, topic="orders-by-id", source="orders", route_step="")
    fields: dict[str, object] = {
        "name": "owners",
        "title": "owners",
        "key": "order_id",
        "by_key": (),
        "whole": (),
        "through": (by_order,),
        "writes": (),
        "does": "knows whose an order is",
    }
    return StepShape(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_step_without_state_is_named_after_the_topic_that_it_writes() -> None:
    assert [one.writer for one in Topology((STITCH, owners(), ATTRIBUTE)).repartitions] == [
        "route",
        "route orders-by-id",
        "stitch",
    ]


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ((STITCH, owners(name="stitch")), "stitch stands twice as a step"),
        ((STITCH, owners(through=(ENTRIES,))), "named-entries stands twice as a repartition topic"),
        (
            (STITCH, owners(through=(replace(ENTRIES, topic="again", source="orders"),))),
            "route stands twice as a",
        ),
        (
            (STITCH, ATTRIBUTE, owners(through=(replace(TOUCHES, topic="again"),))),
            "stitch stands twice as a writer",
        ),
    ],
    ids=[
        "two steps of one name",
        "one topic for two",
        "two routes of one name",
        "a step that writes two topics",
    ],
)
def test_names_stand_once(steps: tuple[StepShape, ...], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Topology(steps)

"""The function made of all rules gives the verdict that the rules give one by one."""
# ruff: noqa: ARG001, ARG005 - all rules have the same parameters

import functools
import inspect
import linecache
import traceback
from collections.abc import Sequence
from typing import Any, Final

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from attribution.domain.decisions.context import OrderContext
from attribution.domain.decisions.evaluation import evaluate, first_rejection
from attribution.domain.decisions.inlined import FirstRejection, inlined
from attribution.domain.decisions.snapshot import LinkSnapshot
from attribution.domain.decisions.verdicts import VERDICTS, Rule, Verdict
from attribution.domain.records.outputs import VerdictCode
from attribution.domain.touches.interaction import Interaction
from attribution_tests.domain.little_world import (
    EVER,
    HOUR,
    LOCK,
    PLACED,
    TOUCH,
    campaign,
    click,
    context,
    entry,
    link,
    paid,
    policy,
    promoter,
    room,
)


def one_by_one(verdicts: Sequence[Verdict], *touch: Any) -> VerdictCode | None:
    rules = ((verdict.rejects, verdict.code) for verdict in verdicts)
    return next((code for rejects, code in rules if rejects is not None and rejects(*touch)), None)


def source_of(function: FirstRejection) -> str:
    name = function.__code__.co_filename
    return "".join(linecache.getlines(name))


# The rules of the program


def near(*times: int) -> st.SearchStrategy[int]:
    """Draw a time, or one a millisecond before or after it."""
    return st.builds(int.__add__, st.sampled_from(times), st.integers(-1, 1))


FROM: Final = st.just(EVER) | near(TOUCH)
UNTIL: Final = st.none() | near(TOUCH)
ROOMS: Final = st.sampled_from((None, "R", "S"))
LINKS: Final = st.builds(
    link,
    effective_from=FROM,
    valid_from=FROM,
    valid_to=UNTIL,
    campaign_id=st.sampled_from((None, "C")),
    product_id=st.sampled_from((None, "X", "Y")),
    merchant_id=st.sampled_from((None, "M", "N")),
    room_id=ROOMS,
)
PROMOTERS: Final = st.builds(
    promoter,
    enrolled_from=FROM,
    enrolled_to=UNTIL,
    own_buyer_ids=st.sampled_from((None, ["A"], ["A", "B"])),
)
CAMPAIGNS: Final = st.builds(
    campaign,
    window_ms=st.just(24 * HOUR) | near(HOUR),
    cross_room=st.sampled_from((None, "same_room", "same_creator", "any")),
)
POLICIES: Final = st.builds(
    policy,
    invitation_only=st.booleans(),
    min_click_to_order_ms=st.just(0) | near(HOUR),
    default_window_ms=st.just(24 * HOUR) | near(HOUR),
)
CLICKS: Final = st.builds(click, st.just("c"), near(TOUCH, TOUCH, PLACED))
ENTRIES: Final = st.builds(
    entry, st.just("e"), near(TOUCH, PLACED), room_id=ROOMS.filter(bool), link_id=st.sampled_from((None, "L"))
)


@st.composite
def contexts(draw: st.DrawFn) -> OrderContext:
    return context(
        draw(CLICKS),
        *draw(st.lists(ENTRIES, max_size=1)),
        changed=[draw(LINKS), draw(PROMOTERS), draw(CAMPAIGNS), room("S", draw(st.sampled_from("KF")))],
        rules=draw(POLICIES),
        ordered=draw(st.builds(paid, room_id=ROOMS)),
    )


def evaluated(of: OrderContext) -> list[tuple[VerdictCode | None, VerdictCode | None]]:
    """Return the rejection of each touch, and the one by the rules one by one."""
    candidates = [evaluate(of, touch) for touch in of.history.touches(EVER, PLACED, LOCK)]
    return [(one.rejection, one_by_one(VERDICTS, of, one.snapshot, one.interaction)) for one in candidates]


@given(contexts())
def test_all_rules_in_one_function_give_the_verdict_of_the_rules(of: OrderContext) -> None:
    assert all(inlined_ == called for inlined_, called in evaluated(of))


@pytest.mark.parametrize("code", [None, *(verdict.code for verdict in VERDICTS if verdict.rejects)])
def test_the_random_contexts_reach_every_verdict(code: VerdictCode | None) -> None:
    found = find(contexts(), lambda of: (code, code) in evaluated(of))
    assert (code, code) in evaluated(found)


def test_every_rule_of_the_program_is_inlined() -> None:
    source = source_of(first_rejection)
    assert "rule_0" not in source
    assert [line.split("'")[1] for line in source.splitlines() if "return '" in line] == [
        verdict.code for verdict in VERDICTS if verdict.rejects is not None
    ]


# Rules of any form


def _is_early(context: OrderContext, snapshot: LinkSnapshot, interaction: Interaction) -> bool:
    """Return whether the touch is early."""
    return interaction.occurred_at < LIMIT


def _in_two_lines(context: OrderContext, snapshot: LinkSnapshot, interaction: Interaction) -> bool:
    at = interaction.occurred_at
    return at < LIMIT


def _with_a_name(context: OrderContext, snapshot: LinkSnapshot, interaction: Interaction) -> bool:
    return (at := interaction.occurred_at) < LIMIT and at > 0


def _negated(rule: Rule) -> Rule:
    @functools.wraps(rule)
    def negated(context: OrderContext, snapshot: LinkSnapshot, interaction: Interaction) -> bool:
        return not rule(context, snapshot, interaction)

    return negated


LIMIT: Final = TOUCH
IN_A_LAMBDA: Final[Rule] = lambda context, snapshot, interaction: interaction.occurred_at < LIMIT  # noqa: E731
OF_ANOTHER_MODULE: Final = next(one.rejects for one in VERDICTS if one.rejects)
MADE_UP: Final = VerdictCode("MADE_UP")


def rejection(rules: Sequence[Rule], occurred_at: int = TOUCH) -> tuple[VerdictCode | None, str]:
    """Return the verdict of a function made of rules, and the function's source."""
    made = inlined([Verdict(VerdictCode(f"MADE_UP_{number}"), "", rule) for number, rule in enumerate(rules)])
    of = context(click(occurred_at=occurred_at))
    (touch,) = of.history.touches(EVER, PLACED, LOCK)
    return made(of, of.snapshot(touch), touch), source_of(made)


GENERATED: Final = """\
def bound():
    def first_rejection(context, snapshot, interaction):
        if interaction.occurred_at < LIMIT:
            return 'MADE_UP_0'
        return None
    return first_rejection
"""


def test_a_rule_is_inlined_without_its_docstring() -> None:
    assert rejection([_is_early]) == (None, GENERATED)


@pytest.mark.parametrize(
    "rule",
    [_in_two_lines, _with_a_name, IN_A_LAMBDA, _negated(_negated(_is_early)), functools.partial(_is_early)],
)
def test_a_rule_that_is_no_single_expression_is_called(rule: Rule) -> None:
    verdict, source = rejection([_is_early, rule, _negated(_is_early)])
    assert verdict == "MADE_UP_2"
    assert source.count("(context, snapshot, interaction):\n") == 3
    assert rejection([rule], TOUCH - 1)[0] == "MADE_UP_0"


def test_a_rule_of_another_module_is_called() -> None:
    verdict, source = rejection([_is_early, OF_ANOTHER_MODULE])
    assert verdict is None
    assert "if rule_0(context, snapshot, interaction):" in source


@pytest.mark.parametrize("rules", [[], [Verdict(MADE_UP, "")]])
def test_without_rules_nothing_is_rejected(rules: list[Verdict]) -> None:
    of = context(click())
    (touch,) = of.history.touches(EVER, PLACED, LOCK)
    assert inlined(rules)(of, of.snapshot(touch), touch) is None


def test_a_rule_whose_source_has_changed_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    source = inspect.getsource(_is_early).replace("< LIMIT", "<= LIMIT")
    monkeypatch.setattr(inspect, "getsource", lambda _: source)
    verdict, generated = rejection([_is_early])
    assert verdict is None
    assert "if rule_0(context, snapshot, interaction):" in generated


def test_a_rule_reads_the_names_of_its_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "LIMIT", TOUCH + 1)
    assert rejection([_is_early])[0] == "MADE_UP_0"


def test_a_traceback_shows_the_line_of_the_rule() -> None:
    made: Any = inlined([Verdict(MADE_UP, "", _is_early)])
    with pytest.raises(AttributeError) as raised:
        made(None, None, None)
    lines = traceback.format_exception(raised.value)
    assert "    if interaction.occurred_at < LIMIT:\n" in "".join(lines)


def test_a_rule_with_other_parameters_is_refused() -> None:
    def backwards(interaction: Interaction, snapshot: LinkSnapshot, context: OrderContext) -> bool:
        raise NotImplementedError

    rule: Any = backwards
    message = r"the rule of MADE_UP has parameters \(interaction, snapshot, context\); give it \(context, "
    with pytest.raises(TypeError, match=message):
        inlined([Verdict(MADE_UP, "", rule)])

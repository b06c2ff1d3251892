"""Evidence that arrives in parts: what the first part changes decides which later parts matter."""

from typing import Any, Final

import msgspec
import pytest

from attribution_tests.oracle import Arrival
from attribution_tests.processor.against_oracle import check, decoded, outputs_of

HOUR: Final = 3_600_000
START: Final = 1_700_000_000_000
PLACED: Final = START + 5 * HOUR
EVER: Final = START - 9 * HOUR


def arrival(topic: str, timestamp: int, **value: Any) -> Arrival:
    return Arrival(topic, timestamp, msgspec.json.encode(value))


def reference(topic: str, timestamp: int = START, **value: Any) -> Arrival:
    return arrival(topic, timestamp, **({"effective_from": EVER} | value))


def link(room_id: str | None, timestamp: int = START, **fields: Any) -> Arrival:
    known = {"link_id": "L", "promoter_id": "P", "campaign_id": "C", "target": "room", "valid_from": EVER}
    named = {} if room_id is None else {"room_id": room_id}
    return reference("links", timestamp, **(known | named | fields))


def room(room_id: str, creator_id: str, timestamp: int = START) -> Arrival:
    return reference("rooms", timestamp, room_id=room_id, creator_id=creator_id, started_at=EVER)


def click(event_id: str, occurred_at: int, timestamp: int | None = None, link_id: str = "L") -> Arrival:
    known = {"event_id": event_id, "occurred_at": occurred_at, "click_id": f"k-{event_id}", "surface": "live"}
    recorded = occurred_at if timestamp is None else timestamp
    return arrival("clicks", recorded, **known, link_id=link_id, buyer_id="B")


def entry(room_id: str) -> Arrival:
    known = {
        "event_id": f"in-{room_id}",
        "occurred_at": START + 2 * HOUR,
        "buyer_id": "B",
        "room_id": room_id,
    }
    return arrival("room-entries", START + 2 * HOUR, **known)


def paid(room_id: str | None) -> Arrival:
    facts = {"event_id": "paid", "occurred_at": PLACED, "order_id": "O", "buyer_id": "B", "type": "paid"}
    facts |= {"placed_at": PLACED, "merchant_id": "M", "product_id": "X", "quantity": 1, "currency": "CNY"}
    return arrival("orders", PLACED, **facts, paid_amount=1_000, carrier="live", room_id=room_id)


def campaign(rate_ppm: int = 100_000, timestamp: int = START, **fields: Any) -> Arrival:
    known = {"campaign_id": "C", "kind": "standard", "rate_ppm": rate_ppm, "window_ms": 9 * HOUR}
    known |= {"splits": [], "remainder_to": "creator", "cross_room": "same_creator"}
    return reference("campaigns", timestamp, **(known | fields))


WORLD: Final = [
    reference("promoters", promoter_id="P", kind="site", enrolled_from=EVER),
    campaign(),
    room("S", "K"),
    entry("R"),
    entry("Q"),
]


def test_a_link_correction_may_name_a_room_that_is_known_later() -> None:
    """From room R to room Q: still CROSS_ROOM, under the same version name. Then Q turns out to be K's."""
    history = [link("R"), *WORLD, click("c", START + HOUR), paid("S")]
    history += [link("Q", PLACED + 1_000), room("Q", "K", PLACED + 2_000)]
    check(history, outputs_of(history))


def test_a_new_version_of_an_unlisted_link_may_name_a_later_room() -> None:
    """The first touch would win, but 202 later touches keep it off the list."""
    policy: dict[str, Any] = {
        "policy_id": "default",
        "model": "first_touch",
        "default_window_ms": 9 * HOUR,
        "late_lock_ms": HOUR,
    }
    plain = link(None, link_id="plain", target="any")
    clicks = [click(f"c{number}", START + 3 * HOUR + number, link_id="plain") for number in range(202)]
    history = [reference("policies", **policy, min_click_to_order_ms=0), plain, link("R"), *WORLD]
    history += [click("first", START + HOUR), *clicks, paid("S")]
    history += [link("Q", PLACED + 1_000, effective_from=EVER + 1), room("Q", "K", PLACED + 2_000)]
    check(history, outputs_of(history))


def test_a_new_link_version_may_name_a_room_that_is_known_later() -> None:
    history = [link("R"), *WORLD, click("c", START + HOUR), paid("S")]
    history += [link("Q", PLACED + 1_000, effective_from=EVER + 1), room("Q", "K", PLACED + 2_000)]
    outputs = outputs_of(history)
    check(history, outputs)
    assert [decision["status"] for decision in decoded(outputs, "decisions")] == [
        "organic",
        "organic",
        "attributed",
    ]


def test_a_corrected_campaign_changes_the_ledger_but_not_the_decision() -> None:
    """The decision names the same versions. The amount owed changes."""
    history = [link("S"), *WORLD, entry("S"), click("c", START + HOUR), paid("S")]
    history += [campaign(200_000, PLACED + 1_000)]
    outputs = outputs_of(history)
    check(history, outputs)
    assert len(decoded(outputs, "decisions")) == 1
    postings = decoded(outputs, "commissions")
    assert [(one["kind"], one["lines"][0]["amount"]) for one in postings] == [
        ("estimated", 100),
        ("corrected", 100),
    ]
    assert postings[1]["cause_event_id"] == f"campaigns/C@{EVER}/{PLACED + 1_000}"


def test_a_link_is_changed_and_changed_back_in_any_order_of_arrival() -> None:
    to_p, to_q, to_p_again = (
        link("S", START + number, promoter_id=promoter) for number, promoter in enumerate("PQP")
    )
    others = [*WORLD, reference("promoters", promoter_id="Q", kind="site", enrolled_from=EVER), entry("S")]
    history = [to_p, to_q, to_p_again, *others, click("c", START + HOUR), paid("S")]
    check(history, outputs_of([to_p, to_p_again, to_q, *history[3:]]))


@pytest.mark.parametrize(
    ("timestamp", "revisions", "late"), [(PLACED + 600_000, 2, 0), (PLACED + 600_001, 1, 1)]
)
def test_a_new_version_of_a_link_at_the_edge_of_the_lock(timestamp: int, revisions: int, late: int) -> None:
    history = [link("S"), *WORLD, entry("S"), click("c", START + HOUR), paid("S")]
    history += [link("S", timestamp, effective_from=EVER + 1, valid_to=START)]
    outputs = outputs_of(history)
    check(history, outputs)
    statuses = [decision["status"] for decision in decoded(outputs, "decisions")]
    assert (statuses.count("late_touch"), len(statuses) - statuses.count("late_touch")) == (late, revisions)


def test_a_link_correction_after_the_lock_is_a_late_touch() -> None:
    history = [link("S"), *WORLD, entry("S"), click("c", START + HOUR), paid("S")]
    history += [link("S", PLACED + 600_001, valid_to=START)]
    statuses = [decision["status"] for decision in decoded(outputs_of(history), "decisions")]
    assert statuses == ["attributed", "late_touch"]

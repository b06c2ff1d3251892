"""The input that is recorded: simulated traffic, a dense history full of boundary cases, and a story by hand."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from attribution.commands.simulate import Scenario, simulate
from attribution.commands.simulate.events.invalid_records import RECIPES
from attribution.domain.records.topics import BY_NAME
from attribution.engine.producer_record import ProducerRecord
from attribution_tests.oracle import Arrival, arrivals
from attribution_tests.oracle.histories.scribe import BASE, HOUR
from attribution_tests.upgrade.story import Story

CUT: Final = BASE + 54 * HOUR
STORE_CUT: Final = BASE + 46 * HOUR
"""The store on disk is recorded here: the changelog goes on after it."""
SWEEP_CUT: Final = CUT - 1_000
"""After it comes one more reference version. The recorded worker dies while it visits its orders."""
_SEED: Final = 6
_ORDERS: Final = 36
_SWEPT_LINK: Final = "h-l8"
_LEFT_OUT: Final = {"BAD_JSON", "TOO_LARGE"}
"""A stream cannot hold the first, and the second would be most of the recording."""


def traffic() -> list[ProducerRecord]:
    """Return the whole input in the total order. No two records have the same timestamp."""
    everything = [*_simulated(), *_history(), *_broken(), *Story(CUT, _SWEPT_LINK).records()]
    everything = [one for one in everything if not SWEEP_CUT <= one.timestamp < CUT] + [_swept()]
    everything.sort(key=lambda one: (one.timestamp, BY_NAME[one.topic].rank or 0))
    return list(_without_ties(everything))


def _simulated() -> Iterator[ProducerRecord]:
    """Yield simulated traffic, without the links that nobody follows."""
    scenario = Scenario(
        seed=_SEED,
        events=1_200,
        buyers=200,
        rooms=3,
        hours=96,
        start_ms=BASE,
        broken_ppm=0,
        repeated_ppm=20_000,
        late_ppm=30_000,
        anonymous_ppm=100_000,
        tick_ms=2 * HOUR,
    )
    records = [one for one in simulate(scenario) if one.topic != "policies"]
    used = {_link_of(one) for one in records if one.topic in {"clicks", "room-entries"}}
    return (one for one in records if one.topic != "links" or _link_of(one) in used)


def _link_of(one: ProducerRecord) -> str | None:
    return msgspec.json.decode(one.value, type=dict[str, Any]).get("link_id")


def _history() -> Iterator[ProducerRecord]:
    """Yield the oracle's history, with ids of its own. Its policies are the only ones."""
    for one in arrivals(_SEED, _ORDERS):
        value = _with_own_ids(one)
        key = value.get("buyer_id") or value.get("click_id") or value.get(BY_NAME[one.topic].key)
        yield ProducerRecord(one.topic, one.timestamp, str(key or one.topic), msgspec.json.encode(value))


def _with_own_ids(one: Arrival) -> dict[str, Any]:
    value: dict[str, Any] = msgspec.json.decode(one.value)
    for name, what in value.items():
        if name.endswith("_id") and name != "policy_id":
            value[name] = f"h-{what}"
        elif name == "own_buyer_ids":
            value[name] = [f"h-{buyer}" for buyer in what]
    return value


def _broken() -> Iterator[ProducerRecord]:
    """Yield a record for each reason to refuse one, before and after the cut."""
    for at in (CUT - 3 * HOUR, CUT + 3 * HOUR):
        for code, recipe in RECIPES.items():
            if code not in _LEFT_OUT:
                yield recipe(f"x{at - CUT}-{code}", at)


def _swept() -> ProducerRecord:
    """Return a late version of a link: had it come in time, some twenty orders would have other decisions."""
    links = (msgspec.json.decode(one.value) for one in _history() if one.topic == "links")
    link = next(one for one in links if one["link_id"] == _SWEPT_LINK)
    value = {**link, "effective_from": BASE - HOUR, "promoter_id": "u-plain"}
    return ProducerRecord("links", SWEEP_CUT, f"{_SWEPT_LINK}@{BASE - HOUR}", msgspec.json.encode(value))


def _without_ties(records: Iterable[ProducerRecord]) -> Iterator[ProducerRecord]:
    """Give each record a timestamp of its own: among equal ones, partitions would decide."""
    latest = 0
    for one in records:
        latest = max(latest + 1, one.timestamp)
        yield ProducerRecord(one.topic, latest, one.key, one.value)

"""The promoters of a run, with agencies and leaders: who posts links, who is invited, and who changes."""

from collections.abc import Iterator
from typing import Final, Literal

from msgspec.structs import replace

from attribution.commands.simulate.market.reference_version import TimedVersion, as_of_effective
from attribution.commands.simulate.random_source import buyer_id
from attribution.commands.simulate.scenario import HOUR_MS, Scenario
from attribution.domain.records.fields import DAY_MS
from attribution.domain.records.reference import Promoter

PROMOTERS: Final = 200
CREATORS: Final = 20
_AGENCIES: Final = 12
_LEADERS: Final = 5
_TIERS: Final = ("S", "A", "B", "C", "D", "E")
_FOLLOWERS: Final = (5_000_000, 1_200_000, 350_000, 280_000, 40_000, 900)

Kind = Literal["individual", "site", "creator", "service_provider"]
_KINDS: Final[tuple[Kind, ...]] = ("individual", "individual", "creator", "site", "service_provider")


def promoter_id(number: int) -> str:
    """Return the id of a promoter."""
    return f"pr{number:03d}"


def creator_id(number: int) -> str:
    """Return the id of a creator who hosts rooms."""
    return f"cr{number % CREATORS:02d}"


def promoters(scenario: Scenario) -> tuple[Promoter, ...]:
    """Return the first version of every promoter, in force from 30 days before the run."""
    return tuple(_promoter(number, scenario) for number in range(PROMOTERS))


def _promoter(number: int, scenario: Scenario) -> Promoter:
    since = scenario.start_ms - 30 * DAY_MS
    tier = number % len(_TIERS)
    return Promoter(
        effective_from=since,
        promoter_id=promoter_id(number),
        kind=_KINDS[number % len(_KINDS)],
        enrolled_from=None if number % 25 == 3 else since,
        enrolled_to=scenario.at(1, 2) if number % 40 == 9 else None,
        tier=_TIERS[tier],
        followers=_FOLLOWERS[tier],
        agency_id=None if number % 5 == 0 else f"ag{number % _AGENCIES:02d}",
        leader_id=f"ld{number % _LEADERS}" if number % 3 else None,
        own_buyer_ids=[buyer_id(number * 37 % scenario.buyers)] if number % 10 == 4 else None,
    )


def timed_versions(scenario: Scenario, first: tuple[Promoter, ...]) -> Iterator[TimedVersion]:
    """Yield every version of every promoter, by promoter."""
    for number, promoter in enumerate(first):
        yield as_of_effective("promoters", promoter)
        yield from _changes(number, promoter, scenario)


def _changes(number: int, promoter: Promoter, scenario: Scenario) -> Iterator[TimedVersion]:
    if number % 50 == 3:
        invited_at = scenario.at(1, 3)
        yield as_of_effective(
            "promoters", replace(promoter, effective_from=invited_at, enrolled_from=invited_at)
        )
    if number % 12 == 5:
        moved = replace(promoter, effective_from=scenario.at(1, 2), agency_id="ag99", followers=320_000)
        # Every other move is recorded late, as late evidence for the orders in between.
        recorded_at = moved.effective_from + (2 * HOUR_MS if number % 24 == 5 else 0)
        yield TimedVersion("promoters", moved, recorded_at)

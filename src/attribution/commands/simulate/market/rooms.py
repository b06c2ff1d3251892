"""Live rooms: when each is on air, and which products its host calls."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from attribution.commands.simulate.market.campaigns import CAMPAIGN_IDS
from attribution.commands.simulate.market.products import Product
from attribution.commands.simulate.market.promoters import creator_id
from attribution.commands.simulate.market.reference_version import TimedVersion, as_of_effective
from attribution.commands.simulate.random_source import RandomSource
from attribution.commands.simulate.scenario import HOUR_MS, Scenario
from attribution.domain.records.reference import Room

CALL_MS: Final = 180_000
POSTED_BEFORE_MS: Final = 2 * HOUR_MS
_PAUSE_MS: Final = (480_000, 900_000)
_SHELF: Final = (8, 20)


@dataclass(frozen=True, slots=True)
class Call:
    """A product call by the host. It lasts ``CALL_MS``."""

    at: int
    product: Product


@dataclass(frozen=True, slots=True)
class LiveRoom:
    """A live session, on air in [started_at, ended_at)."""

    room_id: str
    creator_id: str
    campaign_id: str | None
    started_at: int
    ended_at: int
    shelf: tuple[Product, ...]
    calls: tuple[Call, ...]

    def called(self, now: int) -> Product | None:
        """Return the product that the host calls at ``now``, if any."""
        last = bisect_right(self.calls, now, key=lambda call: call.at) - 1
        if last < 0 or now >= self.calls[last].at + CALL_MS:
            return None
        return self.calls[last].product


def rooms(scenario: Scenario, catalogue: tuple[Product, ...], rng: RandomSource) -> tuple[LiveRoom, ...]:
    """Return all sessions, ordered by start. At least one is on air at any time of the run."""
    spacing = scenario.length_ms // scenario.rooms
    return tuple(
        _room(number, scenario.start_ms, spacing, catalogue, rng) for number in range(scenario.rooms)
    )


def _room(
    number: int, start: int, spacing: int, catalogue: tuple[Product, ...], rng: RandomSource
) -> LiveRoom:
    started_at = start + number * spacing - rng.below(spacing // 2 + 1)
    ended_at = started_at + max(2 * spacing, rng.between(2 * HOUR_MS, 6 * HOUR_MS))
    shelf = tuple(rng.pick(catalogue) for _ in range(rng.between(*_SHELF)))
    return LiveRoom(
        room_id=f"r{number}",
        creator_id=creator_id(number),
        campaign_id=CAMPAIGN_IDS[number % len(CAMPAIGN_IDS)] if number % 4 else None,
        started_at=started_at,
        ended_at=ended_at,
        shelf=shelf,
        calls=tuple(_calls(started_at, ended_at, shelf, rng)),
    )


def _calls(started_at: int, ended_at: int, shelf: tuple[Product, ...], rng: RandomSource) -> Iterator[Call]:
    at = started_at + rng.between(*_PAUSE_MS)
    while at < ended_at - CALL_MS:
        yield Call(at, rng.pick(shelf))
        at += CALL_MS + rng.between(*_PAUSE_MS)


def timed_versions(sessions: tuple[LiveRoom, ...], end_ms: int) -> Iterator[TimedVersion]:
    """Yield two versions of every room: as announced, and as ended (if it ends within the run)."""
    for session in sessions:
        yield as_of_effective("rooms", _version(session, session.started_at - POSTED_BEFORE_MS, None))
        if session.ended_at < end_ms:
            yield as_of_effective("rooms", _version(session, session.ended_at, session.ended_at))


def _version(session: LiveRoom, effective_from: int, ended_at: int | None) -> Room:
    return Room(
        effective_from=effective_from,
        room_id=session.room_id,
        creator_id=session.creator_id,
        campaign_id=session.campaign_id,
        started_at=session.started_at,
        ended_at=ended_at,
        product_ids=[product.product_id for product in session.shelf],
    )


class OnAir:
    """The rooms that have begun, are on air, and call a product at the current time."""

    def __init__(self, sessions: tuple[LiveRoom, ...]) -> None:
        self._sessions = sorted(sessions, key=lambda session: session.started_at)
        self.begun: list[LiveRoom] = []
        self.live: list[LiveRoom] = []
        self.calling: list[tuple[LiveRoom, Product]] = []

    def advance(self, now: int) -> None:
        """Advance to ``now``. Time only moves forward."""
        while len(self.begun) < len(self._sessions) and self._sessions[len(self.begun)].started_at <= now:
            self.begun.append(self._sessions[len(self.begun)])
            self.live.append(self.begun[-1])
        self.live = [session for session in self.live if session.ended_at > now]
        called = ((session, session.called(now)) for session in self.live)
        self.calling = [(session, product) for session, product in called if product is not None]

    def room(self, rng: RandomSource, calling_ppm: int) -> LiveRoom:
        """Return a room on air.

        With a probability of ``calling_ppm`` it is one whose host calls a product now, if there is one.
        """
        if self.calling and rng.chance(calling_ppm):
            return rng.pick(self.calling)[0]
        return rng.pick(self.live)

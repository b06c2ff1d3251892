"""A consumer that behaves as aiokafka's, as far as tasks use it."""

import asyncio
import random
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import ConsumerStoppedError, IllegalStateError, NoOffsetForPartitionError

from attribution.streams.clients import aiokafka_internals
from attribution_tests.deterministic_simulation.kafka.broker import Broker
from attribution_tests.deterministic_simulation.kafka.log import Row

_IDLE_SECONDS: Final = 0.05


class _Place:
    """A reader's state of an assigned partition."""

    def __init__(self) -> None:
        self.position: int | None = None
        self.is_paused = False
        self.highwater: int | None = None
        self.last_stable: int | None = None
        self.answers = 0
        self.found: tuple[int, list[Row], int] | None = None

    def take(self, most: int) -> list[Row]:
        """Return the fetched rows, if they begin at the wanted position."""
        if self.found is None:
            return []
        start, rows, following = self.found
        if self.is_paused or start != self.position:
            self.found = None
            return []
        taken, left = rows[:most], rows[most:]
        self.position = taken[-1].offset + 1 if left else following
        self.found = (self.position, left, following) if left else None
        return taken


class OffsetAndTimestamp(NamedTuple):
    offset: int
    timestamp: int


class SimulatedReader:
    """A consumer without a group."""

    def __init__(self, broker: Broker, chance: random.Random, most: int, *, committed: bool = True) -> None:
        self._broker = broker
        self._chance = chance
        self._most = most
        self._committed = committed
        self._places: dict[TopicPartition, _Place] = {}
        self._is_stopped = False

    async def start(self) -> None:
        await asyncio.sleep(self._broker.delay())

    async def stop(self) -> None:
        self._is_stopped = True
        await asyncio.sleep(0)

    def assign(self, places: Iterable[TopicPartition]) -> None:
        self._places = {tp: _Place() for tp in places}

    def assignment(self) -> set[TopicPartition]:
        return set(self._places)

    def _place(self, tp: TopicPartition) -> _Place:
        if tp not in self._places:
            raise IllegalStateError(f"{tp} is not assigned")
        return self._places[tp]

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self._place(tp).position = offset

    def pause(self, *places: TopicPartition) -> None:
        for tp in places:
            self._place(tp).is_paused = True

    def resume(self, *places: TopicPartition) -> None:
        for tp in places:
            self._place(tp).is_paused = False

    async def position(self, tp: TopicPartition) -> int:
        while (position := self._place(tp).position) is None:  # noqa: ASYNC110 - time is virtual
            await asyncio.sleep(_IDLE_SECONDS)
        return position

    def highwater(self, tp: TopicPartition) -> int | None:
        assert tp in self._places, "Partition is not assigned"
        return self._places[tp].highwater

    def last_stable_offset(self, tp: TopicPartition) -> int | None:
        assert tp in self._places, "Partition is not assigned"
        return self._places[tp].last_stable

    def last_poll_timestamp(self, tp: TopicPartition) -> int | None:
        """Return a number that changes with each answer."""
        assert tp in self._places, "Partition is not assigned"
        return self._places[tp].answers

    async def beginning_offsets(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        return await self._broker.ask(lambda: dict.fromkeys(places, 0))

    async def end_offsets(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        partitions = self._broker.partitions
        return await self._broker.ask(lambda: {tp: partitions[tp].last_stable for tp in places})

    async def offsets_for_times(self, times: Mapping[TopicPartition, int]) -> dict[TopicPartition, Any]:
        return await self._broker.ask(lambda: {tp: self._at(tp, time) for tp, time in times.items()})

    def _at(self, tp: TopicPartition, time: int) -> OffsetAndTimestamp | None:
        rows = self._broker.partitions[tp].committed()
        return next(
            (OffsetAndTimestamp(row.offset, row.timestamp) for row in rows if row.timestamp >= time), None
        )

    async def getmany(
        self, *places: TopicPartition, timeout_ms: int, max_records: int
    ) -> dict[TopicPartition, list[list[Row]]]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_ms / 1000
        while True:
            if self._is_stopped:
                raise ConsumerStoppedError
            await self._settled()
            found = self._drained(places, max_records * aiokafka_internals.BATCH_RECORDS)
            left = deadline - loop.time()
            if found or left <= 0:
                return {tp: [rows] for tp, rows in found.items()}
            if not await self._fetch(self._places):
                await asyncio.sleep(min(left, self._chance.random() * _IDLE_SECONDS))

    async def _settled(self) -> None:
        """Wait until partitions are assigned."""

    def _drained(self, places: Iterable[TopicPartition], most: int) -> dict[TopicPartition, list[Row]]:
        found: dict[TopicPartition, list[Row]] = {}
        for tp in places:
            place = self._places.get(tp)
            if place is None:
                continue
            if place.position is None:
                raise NoOffsetForPartitionError(tp)
            if most and (rows := place.take(most)):
                found[tp] = rows
                most -= len(rows)
        return found

    async def _fetch(self, places: dict[TopicPartition, _Place]) -> bool:
        wanted = {
            tp: place.position
            for tp, place in places.items()
            if place.position is not None and place.found is None and not place.is_paused
        }
        if not wanted:
            return False
        answer = await self._broker.ask(
            lambda: {tp: self._read(tp, at) for tp, at in wanted.items()}, may_lose=False
        )
        has_news = False
        for tp, (rows, following, highwater, last_stable) in answer.items():
            place = places[tp]
            if places is not self._places or place.position != wanted[tp]:
                continue
            place.highwater, place.last_stable = highwater, last_stable
            place.answers += 1
            if following > wanted[tp]:
                place.found = (wanted[tp], rows, following)
                has_news = True
        return has_news

    def _read(self, tp: TopicPartition, start: int) -> tuple[list[Row], int, int, int]:
        partition = self._broker.partitions[tp]
        rows, following = partition.read(
            start, self._chance.randint(1, self._most), committed=self._committed
        )
        return rows, following, partition.end, partition.last_stable if self._committed else partition.end


class GroupReader(SimulatedReader):
    """A consumer whose partitions the group assigns."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._is_assigned = asyncio.Event()

    def begin_reassignment(self) -> None:
        self._is_assigned.clear()

    def assign(self, places: Iterable[TopicPartition]) -> None:
        super().assign(places)
        self._is_assigned.set()

    async def _settled(self) -> None:
        await self._is_assigned.wait()

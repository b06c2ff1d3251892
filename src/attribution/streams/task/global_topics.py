"""Global topics: every task reads them whole, from its own position."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from attribution.streams.batch import Batch, Fetched
from attribution.streams.clients.consumer import Ends, fetch
from attribution.streams.flow.step import Steps
from attribution.streams.task.context import TaskContext

_POLL_MS: Final = 500
_SHORT_POLL_MS: Final = 50
_RECORDS: Final = 5_000
_PAUSE_SECONDS: Final = 0.02


class GlobalTopics:
    """Feeds the global topics to a task and wakes it; ``failure`` returns the error that ended the feed."""

    def __init__(
        self,
        reader: AIOKafkaConsumer,
        context: TaskContext,
        take: Callable[[str, Batch], None],
        has_room: Callable[[str], bool],
        wake: Callable[[], None],
    ) -> None:
        self._reader = reader
        self._ends = Ends(reader)
        self._take = take
        self._has_room = has_room
        self._wake = wake
        self._topics = {
            TopicPartition(context.on_broker(name), 0): name for name in context.job.global_topics
        }
        self._feeding: asyncio.Task[None] | None = None

    def start(self, steps: Steps) -> None:
        """Start to feed, from the next offsets of the steps."""
        if not self._topics:
            return
        for tp, topic in self._topics.items():
            self._reader.seek(tp, steps.next_offset(topic))
        self._reader.resume(*self._topics)
        self._feeding = asyncio.create_task(self._feed(steps))
        self._feeding.add_done_callback(lambda _: self._wake())

    async def stop(self) -> None:
        """Stop feeding."""
        if self._feeding is not None:
            self._feeding.cancel()
            await asyncio.gather(self._feeding, return_exceptions=True)

    def failure(self) -> BaseException | None:
        """Return the error that ended the feed, or None."""
        feeding = self._feeding
        if feeding is None or not feeding.done():
            return None
        return RuntimeError("feeding was cancelled") if feeding.cancelled() else feeding.exception()

    async def _feed(self, steps: Steps) -> None:
        while True:
            with_room = [tp for tp, topic in self._topics.items() if self._has_room(topic)]
            if not with_room:
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            knows_all = all(self._reader.highwater(tp) is not None for tp in self._topics)
            wait_ms = _POLL_MS if knows_all and len(with_room) == len(self._topics) else _SHORT_POLL_MS
            found = await fetch(self._reader, *with_room, timeout_ms=wait_ms, most=_RECORDS)
            for tp in self._topics:
                await self._hand_on(tp, steps, found.get(tp, []), is_asked_for=tp in with_room)

    async def _hand_on(
        self, tp: TopicPartition, steps: Steps, fetched: Sequence[Fetched], *, is_asked_for: bool
    ) -> None:
        topic, position = self._topics[tp], await self._reader.position(tp)
        first = steps.next_offset(topic)
        if position > first:
            self._take(topic, Batch(0, topic, 0, fetched, first, position))
        end = self._ends.of(tp, position, is_asked_for=is_asked_for)
        if end is not None and steps.record_end(topic, end):
            self._wake()

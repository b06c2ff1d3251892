"""The inputs of a step, merged by event time, and how far each topic is processed."""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from attribution.engine.merge import Key, Merge
from attribution.engine.record import Record

BEFORE_WATERMARK: Final = -2
"""The partition in a watermark's key: the key sorts before all records of equal time and rank."""


class StepInputs:
    """The inputs of a step: topics that are read directly, and repartition topics.

    A repartition topic carries a stream of records and watermarks from each task. The merge does not wait for
    an input once all of it has arrived. For a stream of a repartition topic, a watermark of its source must
    also say so.

    ``start`` holds the offsets from which topics are read. ``done`` holds, by repartition topic and source,
    the offset before which all records are processed; watermarks before it are read again.
    """

    def __init__(
        self,
        direct: Iterable[str],
        repartition_topics: Iterable[str],
        sources: int,
        start: Mapping[str, int],
        done: Mapping[str, Sequence[int]],
    ) -> None:
        self._direct = list(direct)
        self._streams = {
            repartition_topic: [f"{repartition_topic}/{source}" for source in range(sources)]
            for repartition_topic in repartition_topics
        }
        self._merge = Merge([*self._direct, *(name for names in self._streams.values() for name in names)])
        self._next = {topic: start.get(topic, 0) for topic in (*self._direct, *self._streams)}
        self._watermark_places = {
            name: self._next[repartition_topic]
            for repartition_topic, names in self._streams.items()
            for name in names
        }
        self._processed = {
            name: before
            for repartition_topic, names in self._streams.items()
            for name, before in zip(names, done.get(repartition_topic, [0] * sources), strict=True)
        }
        self._places: defaultdict[str, deque[int]] = defaultdict(deque)
        self._ends: dict[str, int] = {}
        self._idle: set[str] = set()

    @property
    def released_to(self) -> Key | None:
        """The sort key up to which everything was released, or None if nothing more was left."""
        return self._merge.released_to

    def reads(self, topic: str) -> bool:
        """Return whether a topic is among the inputs."""
        return topic in self._next

    def is_repartitioned(self, topic: str) -> bool:
        """Return whether a topic carries a stream from each task."""
        return topic in self._streams

    def next_offset(self, topic: str) -> int:
        """Return the offset from which a topic has not arrived yet."""
        return self._next[topic]

    def add(self, topic: str, records: list[Record], next_offset: int) -> None:
        """Add the next records of a direct input."""
        self._merge.add(topic, records)
        self._next[topic] = next_offset

    def skip_to(self, topic: str, key: Key) -> None:
        """Advance a direct input to a key: records up to it that were not added do not concern this step."""
        self._merge.advance(topic, key)

    def add_repartitioned(
        self, repartition_topic: str, source: int, records: list[Record], places: Sequence[int]
    ) -> None:
        """Add the next records of a source, with their offsets in the repartition topic (``places``)."""
        name = self._streams[repartition_topic][source]
        known = bisect_left(places, self._processed[name])
        if known < len(records):
            self._places[name].extend(places[known:])
            self._merge.add(name, records[known:])

    def apply_watermark(
        self, repartition_topic: str, source: int, key: Key, offset: int, *, is_caught_up: bool
    ) -> None:
        """Apply a source's watermark, which lies at ``offset`` of the repartition topic."""
        name = self._streams[repartition_topic][source]
        self._watermark_places[name] = offset
        self._merge.advance(name, key)
        (self._idle.add if is_caught_up else self._idle.discard)(name)

    def record_arrival(self, repartition_topic: str, next_offset: int) -> None:
        """Record how far a repartition topic has arrived."""
        self._next[repartition_topic] = next_offset

    def record_end(self, topic: str, offset: int) -> bool:
        """Record the current end of a topic; return whether it has changed."""
        before, self._ends[topic] = self._ends.get(topic), offset
        return before != offset

    def release(self, most: int | None = None) -> list[Record]:
        """Return the records that nothing can precede, in the total order; at most ``most`` of each input."""
        self._merge.wake()
        for topic in self._direct:
            if self.has_all(topic):
                self._merge.catch_up(topic)
        for repartition_topic, names in self._streams.items():
            if self.has_all(repartition_topic):
                for name in self._idle.intersection(names):
                    self._merge.catch_up(name)
        return self._merge.release(most)

    def give_back(self, taken: int) -> None:
        """Keep the last release, except its first ``taken`` records, for the next release."""
        self._merge.give_back(taken)

    def has_all(self, topic: str) -> bool:
        """Return whether all of a topic has arrived."""
        end = self._ends.get(topic)
        return end is not None and self._next[topic] >= end

    def held_back(self, topic: str) -> int:
        """Return how many records of a topic wait for other inputs."""
        return sum(map(self._merge.buffered, self._streams.get(topic, (topic,))))

    def is_waiting_for(self, topic: str) -> bool:
        """Return whether nothing can be released until more of a topic arrives."""
        name = self._merge.next_input()
        return (
            name is not None and name in self._streams.get(topic, (topic,)) and not self._merge.buffered(name)
        )

    def lags(self) -> dict[str, int]:
        """Return the lag of each direct input in offsets, 0 if its end is unknown."""
        return {topic: max(0, self._ends.get(topic, 0) - self._position(topic)) for topic in self._direct}

    def positions(self) -> dict[str, int]:
        """Return by topic the offset from which to process it, or to read it again for its watermarks."""
        return {topic: self._position(topic) for topic in self._next}

    def processed(self) -> dict[str, list[int]]:
        """Return by repartition topic and source the offset before which all records are processed."""
        return {
            repartition_topic: [
                max(self._processed[name], self._first_unprocessed(repartition_topic, name)) for name in names
            ]
            for repartition_topic, names in self._streams.items()
        }

    def _first_unprocessed(self, repartition_topic: str, name: str) -> int:
        place = self._first_place(name)
        return self._next[repartition_topic] if place is None else place

    def _position(self, topic: str) -> int:
        streams = self._streams.get(topic)
        if streams is None:
            first = self._merge.first_offset(topic)
            return self._next[topic] if first is None else first
        held = [offset for name in streams if (offset := self._first_place(name)) is not None]
        return min([self._next[topic], *held, *(self._watermark_places[name] for name in streams)])

    def _first_place(self, name: str) -> int | None:
        """Return the offset, in the repartition topic, of the first buffered record of a stream."""
        places, held = self._places[name], self._merge.buffered(name)
        while len(places) > held:
            places.popleft()
        return places[0] if places else None

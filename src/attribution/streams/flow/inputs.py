"""The flow of a step: its inputs merged by event time, and how far each topic has been processed."""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from attribution.engine.merge import Key, Merge
from attribution.engine.record import Record

BEFORE_WATERMARK: Final = -2
"""The place of a mark among records of equal time and rank: before all of them."""


class StepInputs:
    """Inputs of two kinds: topics read directly, and hops, which carry a stream from each task and its marks.

    An input is not waited for once all of it is here; of a hop's stream its source must have said so besides.
    ``start`` holds the offsets from which topics are read; ``done`` by hop and source those before which records have
    been processed, while marks are read again.
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
        """The key up to which all was released, None when that was all there is."""
        return self._merge.released_to

    def reads(self, topic: str) -> bool:
        """Return whether a topic is among the inputs."""
        return topic in self._next

    def is_repartitioned(self, topic: str) -> bool:
        """Return whether a topic carries a stream from each task."""
        return topic in self._streams

    def next_offset(self, topic: str) -> int:
        """Return the offset from which on a topic has yet to arrive here."""
        return self._next[topic]

    def add(self, topic: str, records: list[Record], next_offset: int) -> None:
        """Take in the next records of a direct input."""
        self._merge.add(topic, records)
        self._next[topic] = next_offset

    def skip_to(self, topic: str, key: Key) -> None:
        """Note that what arrived of a direct input up to a key, beyond what was added, does not concern this step."""
        self._merge.advance(topic, key)

    def add_repartitioned(
        self, repartition_topic: str, source: int, records: list[Record], places: Sequence[int]
    ) -> None:
        """Take in the next records that a source sent through a hop, and their offsets in the hop's topic."""
        name = self._streams[repartition_topic][source]
        known = bisect_left(places, self._processed[name])
        if known < len(records):
            self._places[name].extend(places[known:])
            self._merge.add(name, records[known:])

    def apply_watermark(
        self, repartition_topic: str, source: int, key: Key, offset: int, *, is_caught_up: bool
    ) -> None:
        """Take in a source's mark, which lies at an offset of the hop's topic."""
        name = self._streams[repartition_topic][source]
        self._watermark_places[name] = offset
        self._merge.advance(name, key)
        (self._idle.add if is_caught_up else self._idle.discard)(name)

    def record_arrival(self, repartition_topic: str, next_offset: int) -> None:
        """Note how far a hop's topic has arrived."""
        self._next[repartition_topic] = next_offset

    def record_end(self, topic: str, offset: int) -> bool:
        """Note where a topic ends for now; tell whether that is news."""
        before, self._ends[topic] = self._ends.get(topic), offset
        return before != offset

    def release(self, most: int | None = None) -> list[Record]:
        """Return what nothing can precede any more, in the total order; at most so many records of an input."""
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
        """Of what was released last, keep all but the first so many for the next time."""
        self._merge.give_back(taken)

    def has_all(self, topic: str) -> bool:
        """Tell whether all of a topic is here."""
        end = self._ends.get(topic)
        return end is not None and self._next[topic] >= end

    def held_back(self, topic: str) -> int:
        """Return how many records of a topic wait for others."""
        return sum(map(self._merge.buffered, self._streams.get(topic, (topic,))))

    def is_waiting_for(self, topic: str) -> bool:
        """Tell whether nothing can be released until more of a topic is here."""
        name = self._merge.next_input()
        return (
            name is not None and name in self._streams.get(topic, (topic,)) and not self._merge.buffered(name)
        )

    def lags(self) -> dict[str, int]:
        """Return how many offsets each direct input is from its end, as far as that is known."""
        return {topic: max(0, self._ends.get(topic, 0) - self._position(topic)) for topic in self._direct}

    def positions(self) -> dict[str, int]:
        """Return the offset of each topic from which on it has yet to be processed, or read again for its marks."""
        return {topic: self._position(topic) for topic in self._next}

    def processed(self) -> dict[str, list[int]]:
        """Return by hop and source the offset before which all records have been processed."""
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
        """Return where in its hop's topic the first record lies that is held back of a stream."""
        places, held = self._places[name], self._merge.buffered(name)
        while len(places) > held:
            places.popleft()
        return places[0] if places else None

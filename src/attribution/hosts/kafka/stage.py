"""A stage: a step of one task, with its flow, and the hop that it sends through."""

from collections.abc import Callable, Iterable
from time import monotonic
from typing import Final

from attribution.engine.merge import Key
from attribution.engine.record import Record
from attribution.errors import StateError
from attribution.hosts.kafka.arrivals import Arrivals, is_anonymous
from attribution.hosts.kafka.batch import Batch
from attribution.hosts.kafka.flow import BEHIND_MARK, Flow
from attribution.hosts.kafka.passed import Mark

_AGAIN_SECONDS: Final = 3_600.0


class Stage:
    """One step of a task; ``agent`` is the agent that feeds it, ``hop`` the topic that it sends through, if any."""

    def __init__(
        self,
        name: str,
        agent: str,
        flow: Flow,
        process: Callable[[Iterable[Record]], None],
        hop: str | None = None,
    ) -> None:
        self.name = name
        self.agent = agent
        self.flow = flow
        self.process = process
        self.hop = hop
        self._announced: tuple[Key | None, bool] | None = None
        self._announced_at = 0.0

    def take(self, topic: str, batch: Batch, arrivals: Arrivals) -> None:
        """Take in what was fetched of a topic, less what was processed before a restart."""
        first = self.flow.next_offset(topic)
        if batch.next_offset <= first:
            return
        if batch.first_offset > first:
            raise StateError(
                f"{batch.topic} partition {batch.partition}: expected to go on at offset {first}, "
                f"was handed {batch.first_offset}; nothing of this was committed: start the worker again"
            )
        if topic in BY_HOP or topic.startswith(REKEYED):
            self._take_passed(topic, batch, arrivals, first)
        else:
            self._take_direct(topic, batch, arrivals, first)

    def due_mark(self, source: int) -> Mark | None:
        """Return the mark that those behind the hop wait for: none while both know that there is nothing."""
        if not self.has_news():
            return None
        key = self.flow.released_to
        self._announced, self._announced_at = (key, key is None), monotonic()
        reached = (0, 0, BEHIND_MARK, 0) if key is None else (key[0], key[1], BEHIND_MARK, 0)
        return Mark(source, reached, key is None)

    def has_news(self) -> bool:
        """Tell whether a mark is due: something has changed, or the last one is so old that retention nears it."""
        if self.hop is None:
            return False
        key = self.flow.released_to
        return (key, key is None) != self._announced or monotonic() > self._announced_at + _AGAIN_SECONDS

    def _take_direct(self, topic: str, batch: Batch, arrivals: Arrivals, first: int) -> None:
        if batch.decoded is None:
            batch.decoded = arrivals.direct(topic, batch.partition, batch.fetched)
        records = [record for record in batch.decoded if record.offset >= first]
        if self.name != "stitch" or not records:
            self.flow.add(topic, records, batch.next_offset)
            return
        last = max((record.timestamp, record.rank) for record in records)
        self.flow.add(topic, [record for record in records if is_anonymous(record)], batch.next_offset)
        self.flow.pass_by(topic, (*last, batch.partition, records[-1].offset), batch.next_offset)

    def _take_passed(self, topic: str, batch: Batch, arrivals: Arrivals, first: int) -> None:
        fetched = [one for one in batch.fetched if one.offset >= first]
        by_source, marks = arrivals.passed(fetched, topic.removeprefix(REKEYED))
        for source, arrived in by_source.items():
            records, places = arrived
            if self.name == "stitch" and topic.startswith(REKEYED):
                kept = [(r, place) for r, place in zip(records, places, strict=True) if is_anonymous(r)]
                records, places = [r for r, _ in kept], [place for _, place in kept]
            if records:
                self.flow.add_from(topic, source, records, places)
        for mark, place in marks:
            self.flow.mark(topic, mark.source, mark.key, place, is_caught_up=mark.is_caught_up)
        self.flow.arrived(topic, batch.next_offset)


BY_HOP = frozenset({"named-entries", "touches"})
REKEYED = "rekeyed-"

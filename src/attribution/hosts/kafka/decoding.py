"""Fetched bytes become records: those of the contract's topics, and those that steps pass to each other."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

from attribution.domain.ingest.decoder import Reader
from attribution.domain.records.topics import READ
from attribution.engine.record import Record
from attribution.hosts.kafka.repartition import (
    ENTRIES_BY_CLICK_ID,
    TOUCHES,
    EntryByClickId,
    ForwardedClick,
    Rekeyed,
    RepartitionRecord,
    Watermark,
    decode,
)
from attribution.hosts.kafka.task_processor import RANKS
from attribution.streams.batch import Fetched

_BEFORE_ITS_CAUSE: Final = -1
"""The place of a forwarded click among records of equal time and rank: before the entry that brought it."""


class FromSource(NamedTuple):
    """What one source sent through a hop: records, and the offset of each in the hop's topic."""

    records: list[Record]
    places: list[int]


class ReceivedWatermark(NamedTuple):
    """A source's mark, and its offset in the hop's topic."""

    watermark: Watermark
    place: int


class RecordDecoder:
    """Decodes what is fetched."""

    def __init__(self) -> None:
        self._readers = {topic.name: Reader(topic) for topic in READ}

    def direct(self, topic: str, partition: int, fetched: Sequence[Fetched]) -> list[Record]:
        """Return the records of a topic of the contract; each as what it was decoded to, or refused for."""
        values = [one.value or b"" for one in fetched]
        events = self._readers[topic].read(values, [one.timestamp for one in fetched])
        rank = RANKS[topic]
        return [
            Record(
                one.timestamp,
                rank,
                partition,
                one.offset,
                topic,
                None if (key := one.key) is None else key.decode(errors="replace"),
                value,
                event,
            )
            for one, value, event in zip(fetched, values, events, strict=True)
        ]

    def passed(
        self, fetched: Sequence[Fetched], topic: str
    ) -> tuple[dict[int, FromSource], list[ReceivedWatermark]]:
        """Return by source what came through a hop, and the marks; ``topic`` is what rekeyed records belong to."""
        by_source: defaultdict[int, FromSource] = defaultdict(lambda: FromSource([], []))
        watermarks, rekeyed = [], []
        for one in fetched:
            passed = decode(one.value or b"")
            if isinstance(passed, Watermark):
                watermarks.append(ReceivedWatermark(passed, one.offset))
            elif isinstance(passed, Rekeyed):
                rekeyed.append((passed, one.offset))
            else:
                by_source[passed.source].records.append(_record(passed))
                by_source[passed.source].places.append(one.offset)
        self._add_rekeyed(topic, rekeyed, by_source)
        return by_source, watermarks

    def _add_rekeyed(
        self, topic: str, rekeyed: list[tuple[Rekeyed, int]], by_source: defaultdict[int, FromSource]
    ) -> None:
        if not rekeyed:
            return
        values = [passed.value for passed, _ in rekeyed]
        events = self._readers[topic].read(values, [passed.timestamp for passed, _ in rekeyed])
        for (passed, place), event in zip(rekeyed, events, strict=True):
            arrived = by_source[passed.source]
            arrived.places.append(place)
            arrived.records.append(
                Record(
                    passed.timestamp,
                    RANKS[topic],
                    passed.source,
                    passed.offset,
                    topic,
                    _text(passed.key),
                    passed.value,
                    event,
                )
            )


def _record(passed: RepartitionRecord) -> Record:
    if isinstance(passed, EntryByClickId):
        return Record(
            passed.timestamp,
            RANKS["room-entries"],
            passed.source,
            passed.offset,
            ENTRIES_BY_CLICK_ID,
            None,
            b"",
            passed.entry,
        )
    assert isinstance(passed, ForwardedClick)  # noqa: S101
    return Record(passed.known_at, passed.rank, _BEFORE_ITS_CAUSE, 0, TOUCHES, None, b"", passed)


def _text(key: bytes | None) -> str | None:
    return None if key is None else key.decode(errors="replace")

"""Makes records of fetched bytes, from the topics of the contract and from repartition topics."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from attribution.domain.ingest.decoder import TopicDecoder
from attribution.domain.records.topics import RANKS, READ
from attribution.engine.record import Record
from attribution.hosts.kafka.repartition import (
    ENTRIES_BY_CLICK_ID,
    TOUCHES,
    EntryByClickId,
    ForwardedClick,
    Rekeyed,
    RepartitionRecord,
    decode,
    source_of,
)
from attribution.streams.batch import Fetched
from attribution.streams.flow.watermark import FromSource, ReceivedWatermark, Watermark

_BEFORE_ITS_CAUSE: Final = -1
"""The partition of a forwarded click: at equal time and rank it sorts before the entry that forwarded it."""


class RecordDecoder:
    """Decodes fetched records."""

    def __init__(self) -> None:
        self._readers = {topic.name: TopicDecoder(topic) for topic in READ}

    def decode(self, topic: str, partition: int, fetched: Sequence[Fetched]) -> list[Record]:
        """Return the records of a topic of the contract, each with its event or its refusal."""
        values = [one.value or b"" for one in fetched]
        events = self._readers[topic].decode(values, [one.timestamp for one in fetched])
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

    def decode_repartitioned(
        self, topic: str, fetched: Sequence[Fetched]
    ) -> tuple[dict[int, FromSource], list[ReceivedWatermark]]:
        """Return the records of a repartition topic by source, and its watermarks."""
        by_source: defaultdict[int, FromSource] = defaultdict(lambda: FromSource([], []))
        watermarks, rekeyed = [], []
        for one in fetched:
            received = decode(one.value or b"")
            if isinstance(received, Watermark):
                watermarks.append(ReceivedWatermark(received, one.offset))
            elif isinstance(received, Rekeyed):
                rekeyed.append((received, one.offset))
            else:
                by_source[received.source].records.append(_record(received))
                by_source[received.source].places.append(one.offset)
        self._add_rekeyed(source_of(topic), rekeyed, by_source)
        return by_source, watermarks

    def _add_rekeyed(
        self, topic: str, rekeyed: list[tuple[Rekeyed, int]], by_source: defaultdict[int, FromSource]
    ) -> None:
        if not rekeyed:
            return
        values = [one.value for one, _ in rekeyed]
        events = self._readers[topic].decode(values, [one.timestamp for one, _ in rekeyed])
        for (one, place), event in zip(rekeyed, events, strict=True):
            from_source = by_source[one.source]
            from_source.places.append(place)
            from_source.records.append(
                Record(
                    one.timestamp,
                    RANKS[topic],
                    one.source,
                    one.offset,
                    topic,
                    _text(one.key),
                    one.value,
                    event,
                )
            )


def _record(received: RepartitionRecord) -> Record:
    if isinstance(received, EntryByClickId):
        return Record(
            received.timestamp,
            RANKS["room-entries"],
            received.source,
            received.offset,
            ENTRIES_BY_CLICK_ID,
            None,
            b"",
            received.entry,
        )
    assert isinstance(received, ForwardedClick)  # noqa: S101
    return Record(received.known_at, received.rank, _BEFORE_ITS_CAUSE, 0, TOUCHES, None, b"", received)


def _text(key: bytes | None) -> str | None:
    return None if key is None else key.decode(errors="replace")

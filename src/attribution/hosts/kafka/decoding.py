"""Makes records of fetched bytes, from the topics of the contract and from repartition topics."""

from collections import defaultdict
from collections.abc import Sequence

from attribution.domain.ingest.decoder import TopicDecoder
from attribution.domain.records.topics import RANKS, READ
from attribution.domain.steps.topology import declared
from attribution.engine.record import Record
from attribution.hosts.kafka.repartition import Rekeyed, decoder, source_of
from attribution.streams.batch import Fetched
from attribution.streams.flow.watermark import FromSource, ReceivedWatermark, Watermark


class RecordDecoder:
    """Decodes fetched records."""

    def __init__(self) -> None:
        self._readers = {topic.name: TopicDecoder(topic) for topic in READ}
        self._decode = decoder(declared().repartitions)

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
            received = self._decode(one.value or b"")
            if isinstance(received, Watermark):
                watermarks.append(ReceivedWatermark(received, one.offset))
            elif isinstance(received, Rekeyed):
                rekeyed.append((received, one.offset))
            else:
                record = Record(*received.place, topic, None, b"", received)
                by_source[received.source].records.append(record)
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


def _text(key: bytes | None) -> str | None:
    return None if key is None else key.decode(errors="replace")

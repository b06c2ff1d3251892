"""Reference records in Kafka topics."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, TypeAlias

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from attribution.commands.reference.file_log import sorted_out, stored_of
from attribution.commands.reference.versions import Stored
from attribution.commands.reference.yaml_input import TOPIC_NAMES
from attribution.config.kafka_clients import client_options
from attribution.config.settings import Kafka
from attribution.engine.producer_record import ProducerRecord
from attribution.hosts.kafka.names import names_of
from attribution.streams.clients.errors import partitions_by_topic, translate_kafka_errors
from attribution.streams.clients.publisher import publishing

_WAIT_MS: Final = 200

_ByPartition: TypeAlias = dict[TopicPartition, list[Any]]


class KafkaLog:
    """The reference topics on Kafka; only committed records count.

    Raises:
        ConfigurationError: ``kafka.bootstrap`` is not set, or a file named in the settings can't be used.
    """

    has_timestamps = True

    def __init__(self, kafka: Kafka) -> None:
        self._options = client_options(kafka)
        self._names = names_of(kafka)
        self._topics: Mapping[str, str] = {self._names.topic(name): name for name in TOPIC_NAMES}

    def read(self) -> tuple[list[Stored], list[str]]:
        """Return the records in log order, and a notice for each Kafka record that can't be decoded."""
        return sorted_out(
            self._stored(partition, record)
            for partition, records in asyncio.run(self._read()).items()
            for record in records
        )

    def append(self, records: Iterable[Stored]) -> None:
        """Append records and wait until the brokers acknowledge them."""
        asyncio.run(self._append(records))

    def _stored(self, partition: TopicPartition, record: Any) -> Stored | str:
        place = f"{partition.topic}, partition {partition.partition}, offset {record.offset}"
        return stored_of(place, self._topics[partition.topic], record.value or b"", record.timestamp)

    async def _append(self, records: Iterable[Stored]) -> None:
        records_to_write = [
            ProducerRecord(each.topic, each.timestamp, each.key, msgspec.json.encode(each.record))
            for each in records
        ]
        async with publishing(self._options, self._names) as publisher:
            await publisher.publish(records_to_write)

    async def _read(self) -> _ByPartition:
        with translate_kafka_errors(self._options):
            partitions = await self._partitions()
            async with AIOKafkaConsumer(**self._options, isolation_level="read_committed") as consumer:
                return await _read_to_the_end(consumer, partitions)

    async def _partitions(self) -> list[TopicPartition]:
        counts = await partitions_by_topic(self._options)
        missing = [topic for topic in self._topics if topic not in counts]
        if missing:
            raise KafkaError(f"there is no topic {', '.join(missing)}; attribution topics apply creates it")
        return [TopicPartition(topic, number) for topic in self._topics for number in range(counts[topic])]


async def _read_to_the_end(consumer: Any, partitions: Collection[TopicPartition]) -> _ByPartition:
    """Return the records of partitions up to their current committed ends."""
    read: _ByPartition = {partition: [] for partition in partitions}
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    ends = await consumer.end_offsets(partitions)
    # A transaction ends with a marker that is not a record, so only positions show the end.
    while any([await consumer.position(partition) < end for partition, end in ends.items()]):
        for partition, records in (await consumer.getmany(timeout_ms=_WAIT_MS)).items():
            read[partition] += records
    return read

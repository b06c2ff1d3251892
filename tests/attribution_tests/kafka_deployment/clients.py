# mypy: disable-error-code="import-untyped"
"""Simple Kafka clients for tests."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

Client: TypeAlias = Mapping[str, Any]
"""Arguments for any aiokafka client: addresses and credentials."""
VALUE: Final = b"an order"
DEADLINE_SECONDS: Final = 30.0


async def create(topic: str, client: Client) -> None:
    admin = AIOKafkaAdminClient(**client)
    try:
        await admin.start()
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def produce(topic: str, client: Client) -> None:
    async with (
        AIOKafkaProducer(**client, transactional_id=f"{topic}-producer") as producer,
        producer.transaction(),
    ):
        await producer.send_and_wait(topic, VALUE)


async def first_value(topic: str, client: Client) -> bytes:
    async with AIOKafkaConsumer(
        **client, isolation_level="read_committed", auto_offset_reset="earliest"
    ) as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        record = await asyncio.wait_for(consumer.getone(), DEADLINE_SECONDS)
        return bytes(record.value)


async def there_and_back(topic: str, client: Client) -> bytes:
    await create(topic, client)
    await produce(topic, client)
    return await first_value(topic, client)

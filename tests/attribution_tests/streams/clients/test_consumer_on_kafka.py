# mypy: disable-error-code="import-untyped"
"""Fetch from a real broker: no partition waits for records of another."""

import asyncio
from typing import Final
from unittest.mock import patch

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.consumer import fetcher

from attribution.config.kafka_clients import client_options
from attribution.streams.clients.aiokafka_internals import BATCH_RECORDS, BatchedRecords
from attribution.streams.clients.consumer import PromptConsumer, fetch
from attribution_tests.kafka_deployment.deployed import Deployed

FETCHES: Final = 4
RECORDS: Final = 4 * 5_000
VALUE: Final = bytes(200)
FETCH_BYTES: Final = RECORDS * len(VALUE) // FETCHES
WAITS_MS: Final = 60_000
"""How long a broker waits for records of a partition that is at its end."""
DEADLINE_SECONDS: Final = 20.0


def test_a_partition_at_its_end_delays_no_other(deployed: Deployed) -> None:
    """Its request is pending by itself while fetched records of the other are still unread."""
    full, empty = (TopicPartition(deployed.names.topic("clicks"), number) for number in range(2))
    options = client_options(deployed.kafka)

    async def write() -> None:
        async with AIOKafkaProducer(**options) as producer:
            await asyncio.gather(
                *[await producer.send(full.topic, VALUE, partition=full.partition) for _ in range(RECORDS)]
            )

    async def read() -> int:
        consumer = PromptConsumer(
            **options, group_id=None, fetch_max_wait_ms=WAITS_MS, max_partition_fetch_bytes=FETCH_BYTES
        )
        async with consumer:
            consumer.assign([full, empty])
            consumer.seek(full, 0)
            consumer.seek(empty, 0)
            found = 0
            while found < RECORDS:
                found += len(
                    (await fetch(consumer, full, timeout_ms=1_000, most=BATCH_RECORDS)).get(full, ())
                )
                while consumer._fetcher._records and not consumer._fetcher._in_flight:  # noqa: ASYNC110, SLF001
                    await asyncio.sleep(0)
        return found

    asyncio.run(write())
    with patch.object(fetcher, "PartitionRecords", BatchedRecords):
        assert asyncio.run(asyncio.wait_for(read(), DEADLINE_SECONDS)) == RECORDS

"""Gather the evidence for the checkers."""

import asyncio
from collections.abc import Iterator

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from attribution.config.kafka_clients import client_options
from attribution.domain.ingest.decoder import TopicDecoder
from attribution.domain.ingest.refusal import Refusal
from attribution.domain.records.events import OrderPaid
from attribution.domain.records.topics import BY_NAME
from attribution.domain.steps.topology import declared
from attribution_tests.chaos.checks.checkers import Evidence, Input, Place
from attribution_tests.kafka_deployment.deployed import Deployed
from attribution_tests.kafka_deployment.outputs import Logged


def evidence_of(deployed: Deployed, *, bytes_too: bool) -> Evidence:
    """Read the output and compute what it should be.

    Positions are read first, so that none can be ahead of the output.
    """
    positions = asyncio.run(_group_offsets(deployed))
    positions += [
        ((topic, partition), offsets[topic])
        for partition, task in deployed.tasks().items()
        for offsets in (task.positions["attribute"],)
        for topic in declared().by_partition
        if topic in offsets
    ]
    return Evidence(
        written=deployed.outputs(),
        expected=(expected := deployed.expected()),
        paid=[one for one in _paid(deployed.read("orders")) if one.order_id in expected["decisions"]],
        positions=positions,
        ends=asyncio.run(_ends(deployed)),
        bytes_too=bytes_too,
    )


def _paid(logged: list[Logged]) -> Iterator[Input]:
    """Yield the paid events. An order needs a decision once its first one is processed."""
    events = TopicDecoder(BY_NAME["orders"]).decode(
        [one.value for one in logged], [one.timestamp for one in logged]
    )
    for one, event in zip(logged, events, strict=True):
        if not isinstance(event, Refusal) and isinstance(event, OrderPaid):
            yield Input(one.partition, one.offset, event.order_id)


async def _group_offsets(deployed: Deployed) -> list[tuple[Place, int]]:
    admin = AIOKafkaAdminClient(**client_options(deployed.kafka))
    await admin.start()
    try:
        committed = await admin.list_consumer_group_offsets(deployed.names.group)
    finally:
        await admin.close()
    names = {deployed.names.topic(topic): topic for topic in declared().by_partition}
    return [
        ((names[tp.topic], tp.partition), found.offset)
        for tp, found in committed.items()
        if tp.topic in names
    ]


async def _ends(deployed: Deployed) -> dict[Place, int]:
    places = {
        TopicPartition(deployed.names.topic(topic), partition): (topic, partition)
        for topic in declared().by_partition
        for partition in range(deployed.kafka.partitions)
    }
    async with AIOKafkaConsumer(**client_options(deployed.kafka)) as reader:
        ends = await reader.end_offsets(list(places))
    return {place: ends[tp] for tp, place in places.items()}

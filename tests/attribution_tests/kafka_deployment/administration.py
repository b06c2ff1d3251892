# mypy: disable-error-code="import-untyped"
"""Actions of an administrator on topics."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.admin.new_partitions import NewPartitions
from aiokafka.admin.records_to_delete import RecordsToDelete

from attribution.config.kafka_clients import client_options
from attribution_tests.kafka_deployment.deployed import Deployed

TO_THE_END: Final = -1


def add_partition(deployed: Deployed, *topics: str) -> None:
    """Add one partition to topics, by their names in the contract."""
    more = NewPartitions(deployed.kafka.partitions + 1)
    wanted = {deployed.names.topic(topic): more for topic in topics}
    _administer(deployed, lambda admin: admin.create_partitions(wanted))


def alter(deployed: Deployed, settings: Mapping[str, Mapping[str, str]]) -> None:
    """Set the settings of topics, by their names on the broker.

    All settings that are not given return to the broker's own.
    """
    resources = [ConfigResource(ConfigResourceType.TOPIC, name, dict(own)) for name, own in settings.items()]
    _administer(deployed, lambda admin: admin.alter_configs(resources))


def delete_records(deployed: Deployed, topic: str, before: int = TO_THE_END) -> None:
    """Delete the records of a topic before an offset, in all partitions."""
    places = [
        TopicPartition(deployed.names.topic(topic), number) for number in range(deployed.kafka.partitions)
    ]
    wanted = {place: RecordsToDelete(before) for place in places}
    _administer(deployed, lambda admin: admin.delete_records(wanted))


def _administer(deployed: Deployed, action: Callable[[Any], Awaitable[Any]]) -> None:
    async def administer() -> None:
        admin = AIOKafkaAdminClient(**client_options(deployed.kafka))
        await admin.start()
        try:
            await action(admin)
        finally:
            await admin.close()

    asyncio.run(administer())

# mypy: disable-error-code="import-untyped"
"""Settings of topics, altered for a while."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from attribution.hosts.kafka.connection import client_options
from attribution.hosts.kafka.provision.wanted import wanted_topics
from kafka.deployment import Deployed

TRANSACTIONS: Final = "__transaction_state"
_OF_TRANSACTIONS: Final = {"cleanup.policy": "compact", "compression.type": "uncompressed"}
"""What a broker gives the topic that the transaction coordinator writes."""


@contextmanager
def altered(deployed: Deployed, topics: list[str], settings: Mapping[str, str]) -> Iterator[None]:
    """Alter settings of topics by their names on the broker for as long as the ``with`` lasts."""
    own = {wanted.name: dict(wanted.settings) for wanted in wanted_topics(deployed.kafka)}
    own[TRANSACTIONS] = _OF_TRANSACTIONS
    before = {topic: own[topic] for topic in topics}
    asyncio.run(_alter(deployed, {topic: {**was, **settings} for topic, was in before.items()}))
    try:
        yield
    finally:
        asyncio.run(_alter(deployed, before))


async def _alter(deployed: Deployed, settings: Mapping[str, dict[str, str]]) -> None:
    """Set all settings of topics: those not named go back to the broker's own."""
    admin = AIOKafkaAdminClient(**client_options(deployed.kafka))
    await admin.start()
    try:
        resources = [ConfigResource(ConfigResourceType.TOPIC, name, own) for name, own in settings.items()]
        await admin.alter_configs(resources)
    finally:
        await admin.close()

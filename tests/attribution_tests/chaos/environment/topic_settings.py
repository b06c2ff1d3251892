"""Alter settings of topics for a while."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from attribution.commands.topics.desired import desired_topics
from attribution_tests.kafka_deployment.administration import alter
from attribution_tests.kafka_deployment.deployed import Deployed

TRANSACTIONS: Final = "__transaction_state"
_OF_TRANSACTIONS: Final = {"cleanup.policy": "compact", "compression.type": "uncompressed"}
"""The broker's own settings of the topic that the transaction coordinator writes."""


@contextmanager
def altered(deployed: Deployed, topics: list[str], settings: Mapping[str, str]) -> Iterator[None]:
    """Alter settings of topics, by their names on the broker, inside the ``with`` block."""
    own = {desired.name: dict(desired.settings) for desired in desired_topics(deployed.kafka)}
    own[TRANSACTIONS] = _OF_TRANSACTIONS
    before = {topic: own[topic] for topic in topics}
    alter(deployed, {topic: {**was, **settings} for topic, was in before.items()})
    try:
        yield
    finally:
        alter(deployed, before)

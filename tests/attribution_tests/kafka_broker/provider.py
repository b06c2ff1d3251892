"""Choose the Kafka that tests run on."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from attribution_tests.kafka_broker.answering import DEADLINE_SECONDS, answers_in_time
from attribution_tests.kafka_broker.broker import Broker
from attribution_tests.kafka_broker.container import broker_in_container, engine_answers
from attribution_tests.kafka_broker.errors import BrokerError


def provided(root: Path, port: int | None = None) -> AbstractContextManager[str]:
    """Provide the ``host:port`` of a running Kafka inside the ``with`` block.

    Args:
        root: An empty folder for a local broker.
        port: The port of a broker that is started here; a free one if not given.

    Raises:
        NoKafkaError: There is no Kafka, and none can be started.
        BrokerError: A Kafka does not answer.
    """
    named = os.environ.get("KAFKA_BOOTSTRAP")
    if named:
        return _named(named)
    if engine_answers():
        return broker_in_container(port)
    return _our_own(root, port)


@contextmanager
def _named(bootstrap: str) -> Iterator[str]:
    if not answers_in_time(bootstrap, lambda: False):
        raise BrokerError(
            f"No Kafka answered at {bootstrap} (KAFKA_BOOTSTRAP) within {DEADLINE_SECONDS:.0f} s."
        )
    yield bootstrap


@contextmanager
def _our_own(root: Path, port: int | None) -> Iterator[str]:
    with Broker.start(root, port=port) as broker:
        yield broker.bootstrap

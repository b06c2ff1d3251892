# mypy: disable-error-code="import-untyped"
"""An error in the background ends the worker and is reported. Kafka's clients alone would ignore it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import KafkaError

from attribution.config.kafka_clients import client_options
from attribution.config.settings import Kafka
from attribution.streams.clients.aiokafka_internals import background_tasks
from attribution.streams.clients.consumer import fetch
from attribution.streams.task.restore import reader_of
from attribution_tests.hosts.kafka.test_worker import assert_as_expected
from attribution_tests.kafka_broker import Broker
from attribution_tests.kafka_deployment import planted
from attribution_tests.kafka_deployment.deployed import Deployed, stop, wait_for
from attribution_tests.kafka_deployment.traffic import traffic

EX_UNAVAILABLE: Final = 69
EX_DEFECT: Final = 1
SHORTEST_SESSION: Final = {"group.min.session.timeout.ms": "6000"}
"""Kafka's default. The other test brokers use a shorter one."""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker for this module only."""
    with Broker.start(tmp_path_factory.mktemp("broker"), SHORTEST_SESSION) as broker:
        yield broker


@pytest.fixture
def own(broker: Broker, prefix: str, tmp_path: Path) -> Deployed:
    """A deployment on the broker of this module."""
    one = Deployed(Kafka(bootstrap=broker.bootstrap, topic_prefix=prefix), tmp_path)
    one.create_topics()
    return one


def test_a_session_timeout_that_the_broker_refuses_is_reported(own: Deployed) -> None:
    with own.worker(ATTRIBUTION_KAFKA__SESSION_TIMEOUT_MS="1000") as worker:
        wait_for(lambda: worker.poll() is not None, own.log_of)
        assert worker.returncode == EX_UNAVAILABLE
    assert "the brokers refuse kafka.session_timeout_ms: see group.min.session.timeout.ms" in own.log_of()


def test_a_long_broker_outage_ends_a_worker_that_waits_for_it(own: Deployed, broker: Broker) -> None:
    """Its clients cannot stop gracefully. That must neither delay the exit nor hide the cause."""
    own.publish(traffic(20_000, seed=18))
    timeouts = {
        "ATTRIBUTION_KAFKA__COMMIT_INTERVAL_MS": "10",
        "ATTRIBUTION_KAFKA__TRANSACTION_TIMEOUT_MS": "1000",
    }
    with own.worker("waits", **timeouts) as worker:
        wait_for(lambda: len(own.read("decisions")) > 0)
        broker.kill()
        wait_for(lambda: worker.poll() is not None)
        assert worker.returncode == EX_UNAVAILABLE
    assert "a transaction has not ended within 11 s" in own.log_of("waits").splitlines()[-1]
    broker.start_again()
    with own.worker("next") as worker:
        own.wait_until_done()
        assert stop(worker) == 0
    assert_as_expected(own)


def test_a_group_that_refuses_the_worker_is_reported(deployed: Deployed) -> None:
    """Another program uses the same group with another assignor."""

    async def beside_another_program() -> None:
        async with AIOKafkaConsumer(
            deployed.names.topic("clicks"),
            **client_options(deployed.kafka),
            group_id=deployed.names.group,
            partition_assignment_strategy=(RoundRobinPartitionAssignor,),
        ) as other:
            await asyncio.to_thread(wait_for, lambda: bool(other.assignment()))
            with deployed.worker() as worker:
                await asyncio.to_thread(wait_for, lambda: worker.poll() is not None, deployed.log_of)
                assert worker.returncode == EX_UNAVAILABLE

    asyncio.run(beside_another_program())
    assert "give this one another kafka.application" in deployed.log_of()


def test_an_error_that_ends_a_faust_service_ends_the_worker(deployed: Deployed) -> None:
    with deployed.worker(planted=planted.code_of(planted.assignment_fails)) as worker:
        wait_for(lambda: worker.poll() is not None, deployed.log_of)
        assert worker.returncode == EX_DEFECT
    assert "planted" in deployed.log_of().splitlines()[-1]


@pytest.mark.parametrize("ended", ["fetching", "looking up brokers"])
def test_a_reader_that_has_stopped_raises_an_error(deployed: Deployed, ended: str) -> None:
    """aiokafka's own would return nothing forever."""

    async def read() -> None:
        clicks = TopicPartition(deployed.names.topic("clicks"), 0)
        async with reader_of(client_options(deployed.kafka)) as reader:
            reader.assign([clicks])
            reader.seek(clicks, 0)
            task = background_tasks(reader)[ended]
            task.cancel()
            await asyncio.wait([task])
            with pytest.raises(KafkaError, match=f"a client has stopped {ended}"):
                await fetch(reader, clicks, timeout_ms=100, most=1)

    asyncio.run(read())

# mypy: disable-error-code="import-untyped"
"""Inputs with other keys or without keys: rekeyed if that is configured, refused otherwise."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from attribution.config.kafka_clients import client_options
from attribution.config.settings import Kafka
from attribution.domain.records.fields import DAY_MS
from attribution.domain.records.reference import Policy
from attribution.domain.references.default_policy import DEFAULT_POLICY
from attribution.engine.producer_record import ProducerRecord
from attribution_tests.kafka_deployment.deployed import Deployed, stop, wait_for
from attribution_tests.kafka_deployment.outputs import last_decisions, sums
from attribution_tests.kafka_deployment.traffic import traffic

START_MS: Final = 1_700_000_000_000


def deployed(bootstrap: str, prefix: str, folder: Path, **more: Any) -> Deployed:
    one = Deployed(Kafka(bootstrap=bootstrap, topic_prefix=prefix, **more), folder)
    one.create_topics()
    return one


def send(one: Deployed, record: ProducerRecord, *, partition: int, key: bytes | None) -> None:
    async def send() -> None:
        async with AIOKafkaProducer(**client_options(one.kafka)) as producer:
            topic = one.names.topic(record.topic)
            await producer.send_and_wait(
                topic, record.value, key=key, partition=partition, timestamp_ms=record.timestamp
            )

    asyncio.run(send())


@pytest.mark.parametrize("topics", [("clicks", "orders"), ("room-entries",)])
def test_topics_that_are_not_keyed_by_buyer_are_rekeyed(
    bootstrap: str, prefix: str, tmp_path: Path, topics: tuple[str, ...]
) -> None:
    one = deployed(bootstrap, prefix, tmp_path, rekey=topics)
    records = traffic(3_000, seed=5)
    one.publish(
        replace(record, key=f"any-{number % 7}") if record.topic in topics else record
        for number, record in enumerate(records)
    )
    with one.worker(ATTRIBUTION_KAFKA__REKEY=",".join(topics)) as worker:
        one.wait_until_done()
        assert stop(worker) == 0
    outputs, expected = one.outputs(), one.expected()
    assert len(expected["decisions"]) > 10
    assert last_decisions(outputs["decisions"]) == last_decisions(expected["decisions"])
    assert sums(outputs["commissions"]) == sums(expected["commissions"])


@pytest.mark.parametrize(
    ("key", "says"), [(b"b1", "by murmur2 its key belongs in partition 3"), (None, "no key")]
)
def test_a_producer_with_another_partitioner_stops_the_worker(
    bootstrap: str, prefix: str, tmp_path: Path, key: bytes | None, says: str
) -> None:
    one = deployed(bootstrap, prefix, tmp_path)
    click = next(record for record in traffic(200) if record.topic == "clicks")
    send(one, click, partition=1, key=key)
    with one.worker() as worker:
        wait_for(lambda: worker.poll() is not None)
        assert worker.returncode == 66
    assert says in one.log_of()
    assert "kafka.rekey" in one.log_of()


def test_an_idle_partition_delays_no_task(bootstrap: str, prefix: str, tmp_path: Path) -> None:
    """All buyers are in one partition. The other tasks have only ticks and reference records."""
    one = deployed(bootstrap, prefix, tmp_path)
    keys = {"b1", "b2", "b3", "b5", "b8", "b13"}
    records = [record for record in traffic(4_000, seed=6) if record.key in keys or "@" in record.key]
    one.publish(records)
    with one.worker() as worker:
        one.wait_until_done()
        assert stop(worker) == 0
    outputs, expected = one.outputs(), one.expected()
    assert outputs["decisions"] == expected["decisions"]


def test_a_published_policy_with_a_longer_window_needs_more_retention(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    """Also one that is no longer in force: orders of its time may still be decided."""
    one = deployed(bootstrap, prefix, tmp_path)
    longer = msgspec.structs.replace(DEFAULT_POLICY, max_window_ms=60 * DAY_MS)
    one.publish(
        [_version(longer), _version(msgspec.structs.replace(DEFAULT_POLICY, effective_from=START_MS))]
    )
    with one.worker() as worker:
        wait_for(lambda: worker.poll() is not None)
        assert worker.returncode == 78
    assert f"retention.ms of {prefix}" in one.log_of()
    assert "(68 days) under the packaged and the published policies" in one.log_of()


def _version(policy: Policy) -> ProducerRecord:
    key = f"{policy.policy_id}@{policy.effective_from}"
    return ProducerRecord("policies", START_MS, key, msgspec.json.encode(policy))


def test_a_topic_that_deletes_touches_too_soon_is_refused(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    one = deployed(bootstrap, prefix, tmp_path)

    async def shorten() -> None:
        admin = AIOKafkaAdminClient(**client_options(one.kafka))
        await admin.start()
        try:
            clicks = ConfigResource(
                ConfigResourceType.TOPIC, one.names.topic("clicks"), {"retention.ms": "86400000"}
            )
            await admin.alter_configs([clicks])
        finally:
            await admin.close()

    asyncio.run(shorten())
    with one.worker() as worker:
        wait_for(lambda: worker.poll() is not None)
        assert worker.returncode == 78
    assert f"retention.ms of {prefix}clicks: 86400000 ms, but touches matter for" in one.log_of()

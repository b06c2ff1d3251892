"""Published records arrive once, in order, in the Java client's partition, with their own timestamp."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

import msgspec
import pytest
import yaml
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from typer.testing import CliRunner, Result

from attribution.cli import app
from attribution.commands.simulate import Scenario, simulate
from attribution.commands.topics.desired import desired_topics
from attribution.config.kafka_clients import client_options
from attribution.config.settings import Kafka
from attribution.domain.records.events import Click
from attribution.domain.records.times import iso_of, now_ms
from attribution.domain.records.topics import BY_NAME
from attribution.engine.producer_record import ProducerRecord
from attribution.errors import AttributionError, UnavailableError
from attribution.hosts.kafka.names import names_of
from attribution.streams.clients.admin import connected
from attribution.streams.clients.partitioner import partition_of
from attribution.streams.clients.publisher import publishing

DEADLINE_SECONDS: Final = 30.0
DAY_MS: Final = 86_400_000
YESTERDAY: Final = now_ms() - DAY_MS
"""Within the retention of every topic; older records may be deleted at any time."""


@pytest.fixture
def kafka(bootstrap: str, prefix: str) -> Kafka:
    """The settings of a Kafka on which all topics exist."""
    kafka = Kafka(bootstrap=bootstrap, topic_prefix=prefix)

    async def create() -> None:
        async with connected(client_options(kafka)) as cluster:
            created = await cluster.create(desired_topics(kafka))
            await cluster.topics(created, created)

    asyncio.run(create())
    return kafka


def run(kafka: Kafka, *arguments: object) -> Result:
    variables = {
        "ATTRIBUTION_KAFKA__BOOTSTRAP": kafka.bootstrap,
        "ATTRIBUTION_KAFKA__TOPIC_PREFIX": kafka.topic_prefix,
    }
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env=variables)


async def publish(kafka: Kafka, records: Iterable[ProducerRecord], rate: int | None = None) -> Counter[str]:
    async with publishing(client_options(kafka), names_of(kafka)) as publisher:
        return await (publisher.publish_at(rate, records) if rate else publisher.publish(records))


class FromSource(NamedTuple):
    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes


async def arrived(kafka: Kafka, topic: str) -> list[FromSource]:
    """Return all records of a topic, partition by partition."""
    name = names_of(kafka).topic(topic)
    async with AIOKafkaConsumer(**client_options(kafka), auto_offset_reset="earliest") as consumer:
        places = [
            TopicPartition(name, number) for number in range(BY_NAME[topic].partitions or kafka.partitions)
        ]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        records: list[FromSource] = []
        async with asyncio.timeout(DEADLINE_SECONDS):
            while len(records) < sum(ends.values()):
                for place, some in (await consumer.getmany(timeout_ms=100)).items():
                    records += [
                        FromSource(place.partition, each.offset, each.timestamp, each.key, each.value)
                        for each in some
                    ]
    return sorted(records)


def click(number: int, timestamp: int = YESTERDAY) -> ProducerRecord:
    return ProducerRecord("clicks", timestamp + number, f"b{number % 7}", b'{"number":%d}' % number)


@pytest.mark.parametrize(
    ("key", "hash_of_java"),
    [(b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536)],
)
def test_partitions_are_those_of_the_java_client(key: bytes, hash_of_java: int) -> None:
    assert partition_of(key, 12) == (hash_of_java & 0x7FFFFFFF) % 12


def test_records_arrive_with_key_value_and_time(kafka: Kafka) -> None:
    records = [click(number) for number in range(100)]
    assert asyncio.run(publish(kafka, records)) == {"clicks": 100}
    expected = defaultdict(list)
    for record in records:
        key = record.key.encode()
        expected[partition_of(key, kafka.partitions)].append((record.timestamp, key, record.value))
    found = defaultdict(list)
    for each in asyncio.run(arrived(kafka, "clicks")):
        found[each.partition].append((each.timestamp, each.key, each.value))
    assert found == expected
    assert len(found) > 1


def test_more_than_one_batch_arrives_in_order(kafka: Kafka) -> None:
    large = b"x" * 100_000
    records = [ProducerRecord("clicks", YESTERDAY + number, "b1", large) for number in range(50)]
    records[25] = ProducerRecord("clicks", YESTERDAY + 25, "b1", b"y" * 900_000)
    assert asyncio.run(publish(kafka, records)) == {"clicks": 50}
    found = [(each.timestamp, each.value) for each in asyncio.run(arrived(kafka, "clicks"))]
    assert found == [(record.timestamp, record.value) for record in records]


def test_publishing_at_a_rate_takes_the_expected_time(kafka: Kafka) -> None:
    start = monotonic()
    assert asyncio.run(publish(kafka, map(click, range(60)), rate=100)) == {"clicks": 60}
    assert monotonic() - start >= 0.5


def test_a_missing_topic_is_named(bootstrap: str, prefix: str) -> None:
    nothing = Kafka(bootstrap=bootstrap, topic_prefix=prefix)
    with pytest.raises(
        UnavailableError, match=f"there is no topic {prefix}clicks; attribution topics apply creates"
    ):
        asyncio.run(publish(nothing, [click(1)]))


def test_a_refused_record_is_reported_with_the_reason(kafka: Kafka) -> None:
    tomorrow = now_ms() + DAY_MS
    with pytest.raises(UnavailableError, match=r"InvalidTimestamp; .*message\.timestamp\.after\.max\.ms"):
        asyncio.run(publish(kafka, [click(number, tomorrow) for number in range(100)]))


# attribution simulate --to kafka


SMALL: Final = ("--to", "kafka", "--events", 2_000, "--hours", 6, "--seed", 3, "--json")


def test_traffic_arrives_whole(kafka: Kafka) -> None:
    start_ms = (now_ms() - 2 * DAY_MS) // DAY_MS * DAY_MS
    result = run(kafka, "simulate", *SMALL, "--start", iso_of(start_ms))
    assert result.exit_code == 0, result.output
    sent = list(simulate(Scenario(seed=3, events=2_000, hours=6, start_ms=start_ms)))
    assert json.loads(result.stdout)["records"] == dict(sorted(Counter(each.topic for each in sent).items()))
    for topic in ("clicks", "orders"):
        expected = Counter(
            (each.timestamp, each.key.encode(), each.value) for each in sent if each.topic == topic
        )
        found = asyncio.run(arrived(kafka, topic))
        assert Counter((each.timestamp, each.key, each.value) for each in found) == expected


def test_traffic_has_the_keys_of_the_contract() -> None:
    clicks = (each for each in simulate(Scenario(events=2_000, broken_ppm=0)) if each.topic == "clicks")
    for record in islice(clicks, 1_000):
        click = msgspec.json.decode(record.value, type=Click)
        assert record.key == (click.buyer_id or click.click_id)


def test_traffic_that_brokers_would_delete_is_refused(kafka: Kafka) -> None:
    result = run(kafka, "simulate", *SMALL, "--start", iso_of(now_ms() - 46 * DAY_MS))
    assert isinstance(result.exception, AttributionError)
    assert result.exception.exit_code == 73
    assert "longer ago than the topic's retention.ms of 3888000000; pass --start" in str(result.exception)
    assert asyncio.run(arrived(kafka, "clicks")) == []


def test_traffic_needs_all_topics(bootstrap: str, prefix: str) -> None:
    result = run(Kafka(bootstrap=bootstrap, topic_prefix=prefix), "simulate", *SMALL)
    assert isinstance(result.exception, UnavailableError)
    assert f"has no {prefix}links, " in str(result.exception)


# attribution reference apply --to kafka


TERMS: Final = {
    "links": [
        {
            "effective_from": "2090-01-01",
            "link_id": "L-1",
            "promoter_id": "P-1",
            "target": "any",
            "valid_from": "2090-01-01",
        }
    ]
}
KEY: Final = b"L-1@3786883200000"


@pytest.fixture
def terms(tmp_path: Path) -> Path:
    return written(tmp_path, "P-1")


def written(folder: Path, promoter: str) -> Path:
    (folder / "terms.yaml").write_text(
        yaml.safe_dump({"links": [TERMS["links"][0] | {"promoter_id": promoter}]})
    )
    return folder / "terms.yaml"


def statuses(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [change["status"] for change in json.loads(result.stdout)]


async def leave_a_transaction(kafka: Kafka, value: bytes, *, commit: bool) -> None:
    async with AIOKafkaProducer(
        **client_options(kafka), transactional_id=f"{kafka.topic_prefix}left"
    ) as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(names_of(kafka).topic("links"), value, KEY)
        await (producer.commit_transaction() if commit else producer.abort_transaction())


def test_versions_are_written_once(kafka: Kafka, terms: Path) -> None:
    before = now_ms()
    to = ("reference", "apply", terms, "--to", "kafka", "--json")
    assert statuses(run(kafka, *to)) == ["new"]
    assert statuses(run(kafka, *to)) == ["same"]
    (record,) = asyncio.run(arrived(kafka, "links"))
    assert record.key == KEY
    assert json.loads(record.value)["promoter_id"] == "P-1"
    assert before <= record.timestamp <= now_ms()


def test_a_dry_run_writes_nothing(kafka: Kafka, terms: Path) -> None:
    assert statuses(run(kafka, "reference", "apply", terms, "--to", "kafka", "--json", "--dry-run")) == [
        "new"
    ]
    assert asyncio.run(arrived(kafka, "links")) == []


@pytest.mark.parametrize(("commit", "status"), [(True, "changed"), (False, "new")])
def test_only_what_is_committed_counts(commit: bool, status: str, kafka: Kafka, terms: Path) -> None:
    """The marker after the last record of a transaction is not a record to wait for."""
    before = {
        **TERMS["links"][0],
        "effective_from": 3786883200000,
        "valid_from": 3786883200000,
        "promoter_id": "P-0",
    }
    asyncio.run(leave_a_transaction(kafka, json.dumps(before).encode(), commit=commit))
    assert statuses(run(kafka, "reference", "apply", terms, "--to", "kafka", "--json")) == [status]


def test_an_invalid_record_is_reported_as_a_notice(kafka: Kafka, terms: Path) -> None:
    asyncio.run(leave_a_transaction(kafka, b"no JSON", commit=True))
    result = run(kafka, "reference", "apply", terms, "--to", "kafka", "--json")
    assert statuses(result) == ["new"]
    assert (
        f"{kafka.topic_prefix}links, partition 0, offset 0: not a record of links, ignored" in result.stderr
    )


def test_the_last_correction_is_shown(kafka: Kafka, tmp_path: Path) -> None:
    for promoter in ("P-1", "P-2"):
        assert run(kafka, "reference", "apply", written(tmp_path, promoter), "--to", "kafka").exit_code == 0
    shown = run(kafka, "reference", "show", "L-1", "--in", "kafka", "--at", "2090-06-01")
    assert "promoter_id     P-2" in shown.stdout


def test_reference_topics_must_exist(bootstrap: str, prefix: str, terms: Path) -> None:
    nothing = Kafka(bootstrap=bootstrap, topic_prefix=prefix)
    result = run(nothing, "reference", "apply", terms, "--to", "kafka")
    assert isinstance(result.exception, UnavailableError)
    assert f"there is no topic {prefix}links, " in str(result.exception)

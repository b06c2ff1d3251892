"""Output of simulated traffic to Kafka topics."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from attribution.commands.simulate.scenario import HOUR_MS, Scenario
from attribution.commands.topics.desired import RETENTION
from attribution.config.kafka_clients import client_options
from attribution.config.settings import Kafka
from attribution.domain.records.times import iso_of, now_ms
from attribution.domain.records.topics import READ
from attribution.engine.producer_record import ProducerRecord
from attribution.errors import OutputError, UnavailableError
from attribution.hosts.embedded.ndjson_writer import Written
from attribution.hosts.kafka.names import names_of
from attribution.streams.clients.admin import ActualTopic, connected
from attribution.streams.clients.publisher import publishing
from attribution.streams.names import Names

_STRAGGLERS_MS: Final = 12 * HOUR_MS
"""The last late record arrives within this time after the end of a run."""


def write_kafka(
    records: Iterable[ProducerRecord], scenario: Scenario, kafka: Kafka, rate: int | None
) -> Written:
    """Write records to their topics, at ``rate`` records per second or, if None, as fast as possible.

    Raises:
        ConfigurationError: ``kafka.bootstrap`` is not set.
        OutputError: the traffic is older than the retention of a topic.
        UnavailableError: no broker answers, a topic is missing, or a record is refused.
    """
    return Written(asyncio.run(_write(records, scenario, client_options(kafka), names_of(kafka), rate)))


async def _write(
    records: Iterable[ProducerRecord],
    scenario: Scenario,
    options: Mapping[str, Any],
    names: Names,
    rate: int | None,
) -> Counter[str]:
    await _check_topics(scenario, options, names)
    async with publishing(options, names) as publisher:
        return await (publisher.publish_at(rate, records) if rate else publisher.publish(records))


async def _check_topics(scenario: Scenario, options: Mapping[str, Any], names: Names) -> None:
    """Refuse to write if a topic is missing or would delete the traffic: write all or nothing.

    Brokers delete by record timestamp.
    """
    desired = [names.topic(topic.name) for topic in READ]
    async with connected(options) as cluster:
        actual = await cluster.topics(desired)
    brokers = options["bootstrap_servers"]
    missing = [name for name in desired if name not in actual]
    if missing:
        raise UnavailableError(
            f"Kafka at {brokers} has no {', '.join(missing)}: attribution topics apply creates them"
        )
    for topic in actual.values():
        if 0 <= _kept_ms(topic) < now_ms() - scenario.start_ms:
            raise OutputError(
                f"{topic.name} at {brokers} would delete the traffic: {_advice(topic, scenario)}"
            )


def _kept_ms(topic: ActualTopic) -> int:
    is_event_time = topic.settings["message.timestamp.type"] == "CreateTime"
    return int(topic.settings[RETENTION]) if is_event_time else -1


def _advice(topic: ActualTopic, scenario: Scenario) -> str:
    ends_today = (now_ms() - scenario.length_ms - _STRAGGLERS_MS) // HOUR_MS * HOUR_MS
    return (
        f"the traffic begins at {iso_of(scenario.start_ms)}, longer ago than the topic's retention.ms of "
        f"{topic.settings[RETENTION]}; pass --start {iso_of(ends_today)}, or raise the topic's retention.ms"
    )

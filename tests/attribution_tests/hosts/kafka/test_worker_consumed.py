"""Workers count each record of an input topic once, whichever tasks they have and whatever they read again."""

from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest

from attribution.config.settings import Kafka
from attribution.domain.records.topics import READ
from attribution.domain.steps.topology import TOUCHES, declared
from attribution.engine.producer_record import ProducerRecord
from attribution.hosts.kafka.repartition import decoder
from attribution.streams.flow.watermark import Watermark
from attribution_tests.hosts.kafka.test_worker_http import SERVED, samples
from attribution_tests.hosts.kafka.test_worker_repartition import share
from attribution_tests.kafka_deployment.deployed import Deployed, stop, wait_for
from attribution_tests.kafka_deployment.traffic import traffic

KEYED_OTHERWISE: Final = ("clicks", "room-entries")


def consumed(deployed: Deployed, *names: str) -> Counter[str]:
    """Return by topic how many records the workers have counted together."""
    counted = Counter[str]()
    for name in names:
        for labels, value in samples(deployed, name)["attribution_records_consumed_total"]:
            counted[labels["topic"]] += int(value)
    return counted


def published(deployed: Deployed) -> Counter[str]:
    return Counter({topic.name: len(deployed.read(topic.name)) for topic in READ})


def wait_until_counted(deployed: Deployed, *names: str) -> Counter[str]:
    """Wait until the count of each topic is the number of its records, of ticks between two ticks."""
    due = published(deployed)

    def is_counted() -> bool:
        due["ticks"] = len(deployed.read("ticks"))
        counted = consumed(deployed, *names)
        return len(deployed.read("ticks")) == due["ticks"] and counted == due

    wait_for(is_counted, lambda: f"counted {consumed(deployed, *names)} of {due}")
    return due


def refused(some: ProducerRecord) -> list[ProducerRecord]:
    return [ProducerRecord(topic, some.timestamp, "b1", b"{") for topic in ("clicks", "links")]


@pytest.mark.parametrize("rekey", [(), KEYED_OTHERWISE], ids=["keyed by buyer", "keyed otherwise"])
def test_each_record_counts_once(bootstrap: str, prefix: str, tmp_path: Path, rekey: Any) -> None:
    deployed = Deployed(Kafka(bootstrap=bootstrap, topic_prefix=prefix, rekey=rekey), tmp_path)
    deployed.create_topics()
    records = traffic(3_000, seed=21)
    first, second, third = records[:3_000], records[3_000:5_000], records[5_000:]
    options = SERVED | {"ATTRIBUTION_KAFKA__REKEY": ",".join(rekey)}
    deployed.publish(first + refused(first[0]))
    with deployed.worker(**options) as worker:
        deployed.wait_until_done()
        wait_until_counted(deployed, "a")
        with deployed.worker("other", **options) as other:
            share(deployed)
            deployed.publish(second)
            deployed.wait_until_done()
            wait_until_counted(deployed, "a", "other")
            by_the_other = consumed(deployed, "other")
            assert stop(other) == 0
        deployed.publish(third)
        deployed.wait_until_done()
        counted, due = consumed(deployed, "a") + by_the_other, published(deployed)
        assert without_ticks(counted) == without_ticks(due)
        assert all(due[topic.name] for topic in READ)
        assert stop(worker) == 0
    assert_anonymous_clicks_were_forwarded(deployed)


def without_ticks(counts: Counter[str]) -> dict[str, int]:
    """Leave out the ticks that the other worker counted after it was asked, or that were written since."""
    return {topic: number for topic, number in counts.items() if topic != "ticks"}


def assert_anonymous_clicks_were_forwarded(deployed: Deployed) -> None:
    decode = decoder(declared().repartitions)
    passed = [decode(one.value) for one in deployed.read_repartitioned(TOUCHES.topic)]
    assert 0 < sum(isinstance(one, Watermark) for one in passed) < len(passed)

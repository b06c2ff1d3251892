"""Settings of a broker: one node that starts and restarts quickly."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from attribution_tests.kafka_broker.ports import LOOPBACK, free_ports

ONE_NODE: Final[Mapping[str, str]] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": (
        "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL"
    ),
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "auto.create.topics.enable": "false",
    # A killed broker can register again only after its old session has expired, by default after 9 s.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "400",
    # The default is a quarter of our heap.
    "log.cleaner.dedupe.buffer.size": "16777216",
}


def listeners_on(plaintext: int, controller: int) -> str:
    """Return the start of the value of ``listeners`` that all our brokers have in common."""
    return f"PLAINTEXT://{LOOPBACK}:{plaintext},CONTROLLER://{LOOPBACK}:{controller}"


def settings_of(data: Path, overrides: Mapping[str, str], port: int | None = None) -> dict[str, str]:
    """Return all settings of a broker.

    Args:
        data: The broker's data folder.
        overrides: Settings that differ. ``listeners`` must include PLAINTEXT and CONTROLLER.
        port: The port of the plaintext listener; a free one if not given.
    """
    plaintext, controller = free_ports(2)
    own = {"log.dirs": str(data), "listeners": listeners_on(port or plaintext, controller)}
    settings = {**ONE_NODE, **own, **overrides}
    return {"controller.quorum.voters": f"1@{address_of('CONTROLLER', settings)}", **settings}


def address_of(listener: str, settings: Mapping[str, str]) -> str:
    """Return the ``host:port`` of a listener.

    >>> address_of("CONTROLLER", {"listeners": listeners_on(9092, 9093)})
    '127.0.0.1:9093'
    """
    addresses = dict(each.split("://") for each in settings["listeners"].split(","))
    return addresses[listener]


def write_settings(settings: Mapping[str, str], file: Path) -> None:
    r"""Write a Java properties file, with backslashes escaped."""
    lines = [f"{name}={value}\n" for name, value in settings.items()]
    file.write_text("".join(lines).replace("\\", r"\\"))

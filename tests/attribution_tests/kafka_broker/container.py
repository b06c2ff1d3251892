"""A broker in a container."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from testcontainers.core.container import DockerContainer

from attribution_tests.kafka_broker.answering import answers_in_time
from attribution_tests.kafka_broker.errors import BrokerError, last_lines
from attribution_tests.kafka_broker.jars import KAFKA_VERSION
from attribution_tests.kafka_broker.ports import LOOPBACK, free_ports
from attribution_tests.kafka_broker.settings import ONE_NODE

IMAGE: Final = f"apache/kafka:{KAFKA_VERSION}"
_PROBE: Final = "import docker; docker.from_env(timeout=2).ping()"
_PROBE_SECONDS: Final = 5.0
_INSIDE: Final = 9092


def engine_answers() -> bool:
    """Return whether there is a Docker engine.

    Another process asks: without an engine, Docker's client leaves a socket open, which pytest reports.
    """
    try:
        asked = subprocess.run(
            [sys.executable, "-c", _PROBE], capture_output=True, check=False, timeout=_PROBE_SECONDS
        )
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


@contextmanager
def broker_in_container(port: int | None = None) -> Iterator[str]:
    """Start a broker in a container, which is removed at the end of the ``with`` block.

    Yields:
        The broker's ``host:port``.

    Raises:
        BrokerError: The broker does not answer in time.
    """
    outside = port or free_ports(1)[0]
    bootstrap = f"{LOOPBACK}:{outside}"
    container = DockerContainer(IMAGE).with_envs(**_variables(bootstrap))
    # with_bind_ports would expose the port to the whole network.
    ports: dict[str, Any] = container.ports
    ports[str(_INSIDE)] = (LOOPBACK, outside)
    with container:
        if not answers_in_time(bootstrap, lambda: _has_ended(container)):
            said = b"".join(container.get_logs()).decode(errors="replace")
            raise BrokerError(f"The container of {IMAGE} does not answer.{last_lines(said.splitlines())}")
        yield bootstrap


def _has_ended(container: DockerContainer) -> bool:
    container.reload()
    return container.status == "exited"


def _variables(bootstrap: str) -> Mapping[str, str]:
    """Return the broker's settings as environment variables of the image.

    The broker ends transactions through connections to itself. The address for clients does not work inside
    the container, so it has a listener for itself.
    """
    settings = {
        **ONE_NODE,
        "listeners": f"PLAINTEXT://:{_INSIDE},CONTROLLER://localhost:9093,ITSELF://localhost:9094",
        "advertised.listeners": f"PLAINTEXT://{bootstrap},ITSELF://localhost:9094",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,ITSELF:PLAINTEXT",
        "inter.broker.listener.name": "ITSELF",
        "controller.quorum.voters": "1@localhost:9093",
    }
    return {f"KAFKA_{name.replace('.', '_').upper()}": value for name, value in settings.items()}

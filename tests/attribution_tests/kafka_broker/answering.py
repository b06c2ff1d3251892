# mypy: disable-error-code="import-untyped"
"""Wait until a Kafka answers."""

import asyncio
import socket
from collections.abc import Callable
from time import monotonic, sleep
from typing import Final

from aiokafka.client import AIOKafkaClient
from aiokafka.conn import collect_hosts
from aiokafka.errors import KafkaError

DEADLINE_SECONDS: Final = 60.0
_REQUEST_SECONDS: Final = 5.0
_INSTANT_SECONDS: Final = 0.05


def answers_in_time(bootstrap: str, has_ended: Callable[[], bool], seconds: float = DEADLINE_SECONDS) -> bool:
    """Wait until a Kafka answers.

    Args:
        bootstrap: One or more ``host:port``, separated by commas.
        has_ended: Returns whether the Kafka has ended, so that waiting is useless.
        seconds: The deadline.

    Returns:
        False if it has ended or did not answer in time.
    """
    deadline = monotonic() + seconds
    while not answers(bootstrap):
        if has_ended() or monotonic() > deadline:
            return False
        sleep(_INSTANT_SECONDS)
    return True


def answers(bootstrap: str) -> bool:
    """Return whether a Kafka names brokers that clients can use. Do not call it inside an event loop."""
    return _listens(bootstrap) and asyncio.run(_knows_brokers(bootstrap))


def _listens(bootstrap: str) -> bool:
    """Return whether a port accepts connections. aiokafka would log each refused one as an error."""
    return any(_connects(host, port) for host, port, _ in collect_hosts(bootstrap))


def _connects(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), _REQUEST_SECONDS).close()
    except OSError:
        return False
    return True


async def _knows_brokers(bootstrap: str) -> bool:
    client = AIOKafkaClient(bootstrap_servers=bootstrap, request_timeout_ms=int(_REQUEST_SECONDS * 1_000))
    try:
        await client.bootstrap()
        return bool(client.cluster.brokers())
    except KafkaError:
        return False
    finally:
        await client.close()

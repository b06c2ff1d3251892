"""Ports of the loopback interface."""

import socket
from itertools import islice
from secrets import SystemRandom
from typing import Final

LOOPBACK: Final = "127.0.0.1"
_PORTS: Final = range(10_000, 32_768)
"""Below the ports that the kernel gives to outgoing connections. A client that retries while the broker is
down could otherwise get the broker's own port, connect to itself, and keep the broker from starting again."""
_TRIES: Final = 1_000


def free_ports(count: int) -> list[int]:
    """Return distinct ports that are not in use."""
    candidates = SystemRandom().sample(_PORTS, _TRIES)
    return list(islice(filter(is_free, candidates), count))


def is_free(port: int) -> bool:
    """Return whether a server could listen on a port.

    Connections of an earlier server that the kernel still remembers do not matter.
    """
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
    return True

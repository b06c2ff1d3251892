"""Ports of this machine's loopback interface."""

import socket
from itertools import islice
from secrets import SystemRandom
from typing import Final

LOOPBACK: Final = "127.0.0.1"
_PORTS: Final = range(10_000, 32_768)
"""Below those that the kernel gives to outgoing connections: a client that retries while the broker is down could be given
the broker's own port, connect to itself, and keep the broker from coming back."""
_TRIES: Final = 1_000


def free_ports(count: int) -> list[int]:
    """Different ports that nothing uses now."""
    candidates = SystemRandom().sample(_PORTS, _TRIES)
    return list(islice(filter(is_free, candidates), count))


def is_free(port: int) -> bool:
    """Whether a server could listen on a port; connections of a past one, that the kernel still remembers, don't matter."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
    return True

"""The proxy relays requests and answers, and cuts connections on demand."""

import socket
import threading
from collections.abc import Iterator

import pytest

from attribution_tests.chaos.environment.proxy import Proxy, Request
from attribution_tests.kafka_broker.ports import LOOPBACK, free_ports


class Echo:
    """Answer each request with its correlation id, and count requests."""

    def __init__(self, port: int) -> None:
        self.got = 0
        self._listener = socket.create_server((LOOPBACK, port))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as reader:
            while request := reader.read(12):
                self.got += 1
                connection.sendall((4).to_bytes(4) + request[8:12])

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture
def ports() -> list[int]:
    return free_ports(2)


@pytest.fixture
def echo(ports: list[int]) -> Iterator[Echo]:
    echo = Echo(ports[0])
    yield echo
    echo.close()


@pytest.fixture
def proxy(ports: list[int], echo: Echo) -> Iterator[Proxy]:
    assert echo.got == 0
    with Proxy(ports[1], ports[0]) as proxy:
        yield proxy


def connect(proxy: Proxy) -> socket.socket:
    host, port = proxy.address.split(":")
    return socket.create_connection((host, int(port)), 10)


def ask(connection: socket.socket, kind: Request) -> bytes:
    """Send a request; return its answer, or nothing if the connection is cut."""
    try:
        connection.sendall((8).to_bytes(4) + kind.to_bytes(2) + b"\0\1" + b"corr")
        return connection.recv(8)
    except ConnectionError:
        return b""


def test_relays_requests_and_answers(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        assert ask(connection, Request.PRODUCE).endswith(b"corr")


def test_cuts_open_connections_but_accepts_new_ones(proxy: Proxy) -> None:
    with connect(proxy) as before:
        assert ask(before, Request.FETCH)
        proxy.cut()
        assert not ask(before, Request.FETCH)
    with connect(proxy) as new:
        assert ask(new, Request.FETCH)


def test_refuses_connections_until_mended(proxy: Proxy) -> None:
    proxy.close()
    with connect(proxy) as connection:
        assert not ask(connection, Request.FETCH)
    proxy.mend()
    with connect(proxy) as connection:
        assert ask(connection, Request.FETCH)


def test_holds_answers_until_mended(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        assert ask(connection, Request.FETCH)
        proxy.hold()
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            ask(connection, Request.FETCH)
        proxy.mend()
        connection.settimeout(10)
        assert connection.recv(8).endswith(b"corr")


def test_a_refused_request_does_not_reach_the_broker(proxy: Proxy, echo: Echo) -> None:
    proxy.refuse({Request.END_TXN})
    with connect(proxy) as connection:
        assert ask(connection, Request.PRODUCE)
        assert not ask(connection, Request.END_TXN)
    assert echo.got == 1


def test_a_request_whose_answer_is_lost_reaches_the_broker(proxy: Proxy, echo: Echo) -> None:
    proxy.lose_answers({Request.END_TXN})
    with connect(proxy) as connection:
        assert ask(connection, Request.PRODUCE)
        assert not ask(connection, Request.END_TXN)
    assert echo.got == 2

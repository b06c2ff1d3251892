"""Serves metrics and health over HTTP, in the background.

| path | answer |
|---|---|
| /metrics | the metrics, as Prometheus or OpenMetrics text |
| /livez | 200 while the process makes progress, else 503 |
| /readyz | 200 while records are processed, else 503; one line on the current activity |
"""

import socket
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Thread
from types import TracebackType
from typing import NamedTuple, Self

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

_TEXT = "text/plain; charset=utf-8"


class Health(NamedTuple):
    """The health of the process.

    ``is_ready`` is whether records are processed, ``doing`` is one line on the current activity, ``is_live``
    is whether the process makes progress.
    """

    is_ready: bool
    doing: str
    is_live: bool = True


class _Answer(NamedTuple):
    status: HTTPStatus
    content_type: str
    body: bytes


class MetricsServer:
    """Answers from construction to ``close``; a context manager.

    With ``port`` 0 it takes any free port. Its attribute ``port`` is the port in use.

    Raises:
        OSError: the address is in use, or is not an address of this machine.
    """

    def __init__(
        self, host: str, port: int, registry: CollectorRegistry, health: Callable[[], Health]
    ) -> None:
        self._server = _Server(host, port, registry, health)
        self.port = int(self._server.server_address[1])
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering, and release the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    # A client that is slow to disconnect must not delay the end of the process.
    block_on_close = False

    def __init__(
        self, host: str, port: int, registry: CollectorRegistry, health: Callable[[], Health]
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.registry = registry
        self.health = health
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Bind without HTTPServer's reverse look-up of the host, which can take seconds."""
        TCPServer.server_bind(self)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    server: _Server

    def do_GET(self) -> None:
        """Answer with headers and body."""
        self._send(with_body=True)

    def do_HEAD(self) -> None:
        """Answer with headers only."""
        self._send(with_body=False)

    def log_message(self, *_: object) -> None:
        """Log nothing: probes come every few seconds."""

    def _send(self, *, with_body: bool) -> None:
        answer = self._answer(self.path.partition("?")[0])
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if with_body:
            self.wfile.write(answer.body)

    def _answer(self, path: str) -> _Answer:
        if path == "/metrics":
            encode, content_type = choose_encoder(self.headers.get("Accept", ""))
            return _Answer(HTTPStatus.OK, content_type, encode(self.server.registry))
        if path == "/livez":
            if self.server.health().is_live:
                return _Answer(HTTPStatus.OK, _TEXT, b"alive\n")
            return _Answer(HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, b"hangs\n")
        if path == "/readyz":
            health = self.server.health()
            status = HTTPStatus.OK if health.is_ready else HTTPStatus.SERVICE_UNAVAILABLE
            return _Answer(status, _TEXT, f"{health.doing}\n".encode())
        return _Answer(HTTPStatus.NOT_FOUND, _TEXT, b"there are /metrics, /livez and /readyz\n")

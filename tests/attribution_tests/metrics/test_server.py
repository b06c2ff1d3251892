"""Metrics and health over real sockets."""

from collections.abc import Iterator
from http.client import HTTPConnection
from typing import NamedTuple

import pytest
from prometheus_client import CollectorRegistry

from attribution.metrics.recorder import MetricsRecorder
from attribution.metrics.server import Health, MetricsServer

READY = Health(is_ready=True, doing="processing records")
OPENING = Health(is_ready=False, doing="opening input, output and state")


class Answer(NamedTuple):
    status: int
    content_type: str
    body: str


class Mood:
    """The health that the process reports."""

    health = READY

    def __call__(self) -> Health:
        return self.health


@pytest.fixture
def mood() -> Mood:
    return Mood()


@pytest.fixture
def server(mood: Mood) -> Iterator[MetricsServer]:
    with MetricsServer("127.0.0.1", 0, MetricsRecorder().registry, mood) as server:
        yield server


def ask(server: MetricsServer, path: str, method: str = "GET", accept: str = "*/*") -> Answer:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        connection.request(method, path, headers={"Accept": accept})
        response = connection.getresponse()
        return Answer(response.status, response.headers["Content-Type"], response.read().decode())
    finally:
        connection.close()


def test_metrics_as_prometheus_text(server: MetricsServer) -> None:
    answer = ask(server, "/metrics")
    assert answer.status == 200
    assert answer.content_type.startswith("text/plain; version=")
    assert 'attribution_decisions_total{status="organic"} 0.0' in answer.body


def test_metrics_as_openmetrics_when_asked_for(server: MetricsServer) -> None:
    answer = ask(server, "/metrics", accept="application/openmetrics-text; version=1.0.0")
    assert answer.content_type.startswith("application/openmetrics-text")
    assert answer.body.endswith("# EOF\n")


def test_alive_in_any_state(server: MetricsServer, mood: Mood) -> None:
    mood.health = OPENING
    assert ask(server, "/livez") == Answer(200, "text/plain; charset=utf-8", "alive\n")


@pytest.mark.parametrize(("health", "status"), [(READY, 200), (OPENING, 503)])
def test_ready_when_records_are_processed(
    health: Health, status: int, server: MetricsServer, mood: Mood
) -> None:
    mood.health = health
    assert ask(server, "/readyz") == Answer(status, "text/plain; charset=utf-8", f"{health.doing}\n")


@pytest.mark.parametrize("path", ["/", "/metrics/", "/metric", "/../etc/passwd"])
def test_other_paths_are_404(path: str, server: MetricsServer) -> None:
    assert ask(server, path).status == 404


def test_a_query_does_not_matter(server: MetricsServer) -> None:
    assert ask(server, "/livez?verbose=1").status == 200


def test_head_has_no_body(server: MetricsServer) -> None:
    assert ask(server, "/readyz", method="HEAD") == Answer(200, "text/plain; charset=utf-8", "")


def test_post_is_501(server: MetricsServer) -> None:
    assert ask(server, "/metrics", method="POST").status == 501


def test_an_address_in_use_is_an_error(server: MetricsServer, mood: Mood) -> None:
    with pytest.raises(OSError, match="in use"):
        MetricsServer("127.0.0.1", server.port, CollectorRegistry(), mood)


def test_the_port_is_free_again_after_closing(mood: Mood) -> None:
    with MetricsServer("127.0.0.1", 0, CollectorRegistry(), mood) as first:
        port = first.port
    with MetricsServer("127.0.0.1", port, CollectorRegistry(), mood) as second:
        assert ask(second, "/livez").status == 200

"""``attribution worker``: the main job on Kafka."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvloop

from attribution.config import Settings, load
from attribution.config.cli_option import ConfigFile
from attribution.config.logging import configure_logs, route_library_logs
from attribution.errors import ConfigurationError
from attribution.hosts.kafka.worker import Worker
from attribution.metrics.server import MetricsServer

_log = structlog.get_logger()


def worker_command(*, config: ConfigFile = None) -> None:
    """Decide which link drove each order, from Kafka to Kafka, exactly once.

    Reads the topics on kafka.bootstrap as a member of a consumer group.
    Several workers share the partitions. Create the topics with attribution
    topics apply. On SIGTERM and Ctrl-C the worker commits its work, and ends
    within 10 s.

    During the run, /metrics, /livez and /readyz are served on http.host and
    http.port (127.0.0.1:8080).

    Examples:
        attribution worker --config attribution.toml

        ATTRIBUTION_KAFKA__BOOTSTRAP=localhost:9092 attribution worker
    """
    settings = load(config)
    configure_logs(settings.log)
    route_library_logs()
    uvloop.run(_run(settings))


async def _run(settings: Settings) -> None:
    worker = Worker(settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    with _served(settings, worker):
        _log.info("worker starts", application=settings.kafka.application, store=settings.state.store)
        await worker.run()
        _log.info("worker stopped")


@contextmanager
def _served(settings: Settings, worker: Worker) -> Iterator[None]:
    http, metrics = settings.http, worker.metrics
    if not http.enabled:
        yield
        return
    try:
        server = MetricsServer(http.host, http.port, metrics.metrics.registry, metrics.health)
    except OSError as error:
        raise ConfigurationError(
            "http.port", f"can't listen on {http.host}:{http.port} ({error.strerror}); set another port"
        ) from error
    _log.info("metrics served", host=http.host, port=server.port)
    try:
        yield
    finally:
        server.close()

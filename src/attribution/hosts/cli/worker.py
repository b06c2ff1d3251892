"""``attribution worker``: the main job on Kafka."""

import asyncio
import signal

import structlog
import uvloop

from attribution.hosts.cli.options import ConfigFile
from attribution.hosts.config import Settings, load
from attribution.hosts.kafka.task import Done, Task
from attribution.hosts.kafka.worker import Worker
from attribution.hosts.logs import configure_logs


def worker_command(*, config: ConfigFile = None) -> None:
    """Decide which link drove each order, from and to Kafka; exactly once.

    Reads the topics of kafka.bootstrap as a member of a consumer group: more
    workers share the partitions. Topics are made by attribution topics apply.
    SIGTERM and Ctrl-C commit what is done, and end the worker within 10 s.

    Examples:
        attribution worker --config attribution.toml

        ATTRIBUTION_KAFKA__BOOTSTRAP=localhost:9092 attribution worker
    """
    settings = load(config)
    configure_logs(settings.log)
    uvloop.run(_run(settings))


async def _run(settings: Settings) -> None:
    log = structlog.get_logger()
    worker = Worker(settings, _ignore)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    log.info("worker starts", application=settings.kafka.application)
    await worker.run()
    log.info("worker stopped")


def _ignore(_: Task, __: Done) -> None:
    pass

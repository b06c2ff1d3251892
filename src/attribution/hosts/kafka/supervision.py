"""Checks while a worker runs: topics may be altered, and clients may end in the background."""

import asyncio
from typing import Final

import structlog

from attribution.errors import UnavailableError
from attribution.hosts.kafka.preflight import check_partitions, check_topics
from attribution.streams.group.app import TaskApp
from attribution.streams.task.context import TaskContext

EVERY_SECONDS: Final = 30.0
"""How often topics are checked. By default, clients learn of new partitions within five minutes."""
_LOOK_SECONDS: Final = 1.0
_log = structlog.get_logger()


async def supervise_topics(context: TaskContext) -> None:
    """Check the topics at intervals, until cancelled.

    Brokers that do not answer do not end the worker here. The clients that read and write notice it
    themselves.

    Raises:
        ConfigurationError: the topics no longer meet the worker's needs.
    """
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            found = await check_topics(context)
        except UnavailableError as error:
            _log.warning("topics can't be checked", reason=str(error))
        else:
            check_partitions(context, found)


async def supervise_clients(app: TaskApp) -> None:
    """Check once a second that the app's background work still runs, until cancelled.

    Raises:
        KafkaError: its consumer no longer works, or the group rejects it.
        Exception: the error that ended one of Faust's services.
    """
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        app.check()

"""What is well at a worker's start may not stay so: topics are altered, clients end in the background."""

import asyncio
from typing import Final

import structlog

from attribution.errors import UnavailableError
from attribution.hosts.kafka.preflight import check_partitions, check_topics
from attribution.streams.group.app import TaskApp
from attribution.streams.task.context import TaskContext

EVERY_SECONDS: Final = 30.0
"""Producers and consumers learn of new partitions within five minutes, by their own default."""
_LOOK_SECONDS: Final = 1.0
_log = structlog.get_logger()


async def supervise_topics(context: TaskContext) -> None:
    """Look at the topics now and then, until cancelled.

    Brokers that can't be asked for a while are no reason to end: whoever reads and writes notices by himself.

    Raises:
        ConfigurationError: what a worker needs of its topics holds no longer.
    """
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            found = await check_topics(context)
        except UnavailableError as error:
            _log.warning("topics can't be looked at", reason=str(error))
        else:
            check_partitions(context, found)


async def supervise_clients(app: TaskApp) -> None:
    """Look once a second whether the app still does what it does in the background, until cancelled.

    Raises:
        KafkaError: its consumer works no more, or the group will not have it.
        Exception: what one of Faust's services has ended for.
    """
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        app.check()

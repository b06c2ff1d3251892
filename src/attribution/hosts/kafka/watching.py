"""Topics may be altered while a worker runs: what was checked at its start is checked again and again."""

import asyncio
from typing import Final

import structlog

from attribution.errors import UnavailableError
from attribution.hosts.kafka.checks import check_partitions, checked
from attribution.hosts.kafka.deployment import Deployment

EVERY_SECONDS: Final = 30.0
"""Producers and consumers learn of new partitions within five minutes, by their own default."""
_log = structlog.get_logger()


async def watch_topics(deployment: Deployment) -> None:
    """Look at the topics now and then, until cancelled.

    Brokers that can't be asked for a while are no reason to end: whoever reads and writes notices by himself.

    Raises:
        ConfigurationError: what a worker needs of its topics holds no longer.
    """
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            found = await checked(deployment)
        except UnavailableError as error:
            _log.warning("topics can't be looked at", reason=str(error))
        else:
            check_partitions(deployment, found)

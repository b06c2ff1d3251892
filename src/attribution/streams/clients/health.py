"""Checks of the clients' background tasks.

aiokafka and Faust do not report when such a task ends. Code that relies on it would wait forever.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from attribution.streams.clients.aiokafka_internals import (
    background_tasks,
    check_group_errors,
    membership_task,
    show_sign_of_life,
)


def check_background(consumer: AIOKafkaConsumer) -> None:
    """Check that a consumer still fetches, and still looks up partition leaders.

    Raises:
        KafkaError: it no longer does.
    """
    for what, task in background_tasks(consumer).items():
        _check(what, task)


def check_membership(consumer: AIOKafkaConsumer) -> None:
    """Check that a consumer is a member of its group, or tries to become one.

    aiokafka counts the check as a sign of life of the consumer.

    Raises:
        KafkaError: the group refuses the consumer, or the consumer no longer tries to join.
    """
    _check("taking part in the group", membership_task(consumer))
    check_group_errors(consumer)
    show_sign_of_life(consumer)


def _check(what: str, task: "asyncio.Task[Any]") -> None:
    if task.done():
        cause = None if task.cancelled() else task.exception()
        if isinstance(cause, KafkaError):
            raise cause
        raise KafkaError(f"a client has stopped {what}: {cause!r}") from cause


@asynccontextmanager
async def within(seconds: float | None, what: str) -> AsyncIterator[None]:
    """Limit the duration of a ``with`` block; None means no limit.

    Raises:
        TimeoutError: the block took longer. The text names it by ``what``.
    """
    try:
        async with asyncio.timeout(seconds) as limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TimeoutError(f"{what} has not ended within {seconds:g} s") from error


async def stop_within(*stopping: Coroutine[Any, Any, None], seconds: float) -> None:
    """Stop clients, and wait for at most ``seconds``. Nothing depends on the outcome.

    aiokafka may hang if a broker does not answer, or pass on the cancellation of one of its own tasks.
    """
    tasks = [asyncio.create_task(one) for one in stopping]
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for one in late:
        one.cancel()
    for one in tasks:
        one.add_done_callback(_forget)


def _forget(stopped: "asyncio.Task[None]") -> None:
    with suppress(asyncio.CancelledError):
        stopped.exception()

"""What clients do in the background: aiokafka and Faust tell nobody when it ends, and who counts on it waits for ever."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError


def check_background(consumer: AIOKafkaConsumer) -> None:
    """See to it that a consumer still fetches, and still looks up who leads what.

    Raises:
        KafkaError: it does not any more.
    """
    for what, task in (
        ("fetching", consumer._fetcher.error_future),  # noqa: SLF001 - nothing public tells, here and below
        ("looking up brokers", consumer._client._sync_task),  # noqa: SLF001
    ):
        if task is not None:
            _check(what, task)


def check_membership(consumer: AIOKafkaConsumer) -> None:
    """See to it that a consumer is, or tries to become, a member of its group; which counts as a sign of life of it.

    Raises:
        KafkaError: what the group has against it, or that it tries no more.
    """
    coordinator, subscription = consumer._coordinator, consumer._subscription  # noqa: SLF001
    _check("taking part in the group", coordinator._coordination_task)  # noqa: SLF001
    coordinator.check_errors()
    with subscription.fetch_context():
        pass


def _check(what: str, task: "asyncio.Task[Any]") -> None:
    if task.done():
        cause = None if task.cancelled() else task.exception()
        if isinstance(cause, KafkaError):
            raise cause
        raise KafkaError(f"a client has stopped {what}: {cause!r}") from cause


@asynccontextmanager
async def within(seconds: float | None, what: str) -> AsyncIterator[None]:
    """Give up what takes longer; None: never.

    Raises:
        TimeoutError: it took longer; says what did.
    """
    try:
        async with asyncio.timeout(seconds) as limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TimeoutError(f"{what} has not ended within {seconds:g} s") from error


async def stop_within(*stopping: Coroutine[Any, Any, None], seconds: float) -> None:
    """Have clients stop, for so many seconds at most; nothing depends on how that ends.

    aiokafka may hang where a broker does not answer, or pass on what cancelled a task of its own.
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

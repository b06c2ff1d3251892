# mypy: disable-error-code="import-untyped"
"""Points at which a worker kills itself, is slowed down, or raises an error in a step."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from attribution.domain.steps.attribute import AttributeStep
from attribution.domain.steps.order_update import OrderUpdate
from attribution.domain.steps.sweeps.sweeper import Sweeper
from attribution.streams.task.restore import Restoration
from attribution.streams.task.task_set import TaskSet

DIES: Final = "planted death"
"""A worker logs this before it dies at a point."""


class Fuse:
    """Count down to the occurrence at which to strike."""

    def __init__(self, number: int) -> None:
        self._left = number

    def burns_down(self) -> bool:
        """Count one occurrence; return whether it is the one."""
        self._left -= 1
        return self._left == 0

    def burn(self) -> None:
        """Count one occurrence; die if it is the one."""
        if self.burns_down():
            die()


def die() -> None:
    """Send SIGKILL to this process."""
    os.write(2, f"{DIES}\n".encode())
    os.kill(os.getpid(), signal.SIGKILL)


def replace(owner: Any, name: str, wrapper: Callable[[Any], Any]) -> None:
    """Replace a method of a class by its wrapper."""
    setattr(owner, name, wrapper(getattr(owner, name)))


def before_commit(number: int) -> None:
    """Die when everything is produced and nothing committed."""
    fuse = Fuse(number)

    def wrapper(commit: Any) -> Any:
        async def commit_transaction(self: Any) -> None:
            fuse.burn()
            await commit(self)

        return commit_transaction

    replace(AIOKafkaProducer, "commit_transaction", wrapper)


def after_commit(number: int) -> None:
    """Die when the transaction is committed and the store not yet written."""
    fuse = Fuse(number)

    def wrapper(commit: Any) -> Any:
        async def commit_transaction(self: Any) -> None:
            await commit(self)
            fuse.burn()

        return commit_transaction

    replace(AIOKafkaProducer, "commit_transaction", wrapper)


def during_restore(number: int) -> None:
    """Die after some batches of the changelog or of a topic were read again."""
    fuse = Fuse(number)

    def wrapper(span: Any) -> Any:
        async def batches(*args: Any) -> AsyncIterator[Any]:
            async for batch in span(*args):
                fuse.burn()
                yield batch

        return batches

    replace(Restoration, "span", wrapper)


def during_rebalance(number: int) -> None:
    """Die while the tasks are suspended and not yet assigned again."""
    fuse = Fuse(number)

    def wrapper(revoke: Any) -> Any:
        async def revoked(self: Any) -> None:
            await revoke(self)
            fuse.burn()

        return revoked

    replace(TaskSet, "revoke", wrapper)


def inside_a_sweep(number: int) -> None:
    """Die in a sweep of a reference version, after some of its orders were derived again."""
    fuse = Fuse(number)
    depth = [0]

    def sweeping(reference: Any) -> Any:
        def swept(*args: Any) -> None:
            depth[0] += 1
            reference(*args)
            depth[0] -= 1

        return swept

    def judging(judge: Any) -> Any:
        def judged(*args: Any) -> Any:
            if depth[0]:
                fuse.burn()
            return judge(*args)

        return judged

    replace(Sweeper, "begin", sweeping)
    replace(OrderUpdate, "reconsider", judging)


def slow_restore(number: int) -> None:
    """Make a restore take ``number`` seconds longer."""

    def wrapper(changelog: Any) -> Any:
        async def slowly(*args: Any) -> Any:
            await asyncio.sleep(number)
            return await changelog(*args)

        return slowly

    replace(Restoration, "changelog", wrapper)


def error_in_a_step(number: int) -> None:
    """Raise an unforeseen error at an order event."""
    fuse = Fuse(number)

    def wrapper(take: Any) -> Any:
        def order(self: Any, fact: Any) -> None:
            if fuse.burns_down():
                raise RuntimeError(DIES)
            take(self, fact)

        return order

    replace(AttributeStep, "order", wrapper)


PLANTS: Final[dict[str, Callable[[int], None]]] = {
    "before-commit": before_commit,
    "after-commit": after_commit,
    "during-restore": during_restore,
    "during-rebalance": during_rebalance,
    "inside-a-sweep": inside_a_sweep,
    "slow-restore": slow_restore,
    "error-in-a-step": error_in_a_step,
}

"""The tasks of a worker, and what a rebalance does to them."""

import asyncio
from collections.abc import Callable, Iterator

import structlog

from attribution.streams.batch import Batch
from attribution.streams.task.commit_stats import CommitStats
from attribution.streams.task.context import TaskContext
from attribution.streams.task.task import Task

_log = structlog.get_logger()


class TaskSet:
    """Opens, feeds and closes tasks.

    A rebalance suspends all tasks. Those that stay resume with their state. The restore runs in the
    background: the rebalance ends long before it. ``on_ready`` is called with a task that may be fed.
    ``on_failure`` is called with the error that ended a task: the worker must then stop without committing.
    """

    def __init__(
        self,
        context: TaskContext,
        on_ready: Callable[[Task], None],
        on_commit: Callable[[Task, CommitStats], None],
        on_failure: Callable[[BaseException], None],
    ) -> None:
        self.generation = 0
        self.rebalances = 0
        self._context = context
        self._on_ready = on_ready
        self._on_commit = on_commit
        self._on_failure = on_failure
        self._is_rebalancing = False
        self._is_closing = False
        self._tasks: dict[int, Task] = {}
        self._running: dict[int, asyncio.Task[None]] = {}
        self._topics = {context.on_broker(topic): topic for topic in context.read_by_partition()}

    def __iter__(self) -> Iterator[Task]:
        return iter(self._tasks.values())

    def get(self, partition: int) -> Task | None:
        """Return the task of a partition, or None if it may not be fed."""
        task = self._tasks.get(partition)
        return task if task is not None and task.state == "running" else None

    def topic(self, on_broker: str) -> str:
        """Return the topic that has a given name on the broker."""
        return self._topics[on_broker]

    async def revoke(self) -> None:
        """Suspend all tasks until the new assignment is known; running commits are completed."""
        self.generation += 1
        self._is_rebalancing = True
        await asyncio.gather(*(task.suspend() for task in self._tasks.values()))

    async def assign(self, partitions: set[int]) -> None:
        """Close the tasks that moved away, resume those that stay, open those that are new."""
        if self._is_closing:
            return
        self.generation += 1
        self.rebalances += 1
        self._is_rebalancing = False
        await asyncio.gather(*(self._close(p) for p in list(self._tasks) if p not in partitions))
        if self._is_closing:
            return
        for partition in sorted(partitions):
            task = self._tasks.get(partition)
            if task is None:
                self._open(partition)
            else:
                task.resume()
                if task.state == "running":
                    self._on_ready(task)
        _log.info("tasks assigned", tasks=sorted(partitions))

    def feed(self, agent: str, batch: Batch) -> None:
        """Feed a batch to its task; drop a batch of an earlier assignment, since it is read again."""
        task = self.get(batch.partition)
        if task is None or batch.generation != self.generation:
            return
        try:
            task.feed(agent, self._topics[batch.topic], batch)
        except Exception as error:  # noqa: BLE001 - Faust would log it and continue
            self.fail(error)

    def fail(self, error: BaseException) -> None:
        """End the worker without committing."""
        self._on_failure(error)

    async def close(self, *, commit: bool) -> None:
        """Close all tasks; if ``commit``, commit their work first."""
        self._is_closing = True
        if commit:
            await asyncio.gather(*map(self._finish, list(self._tasks)), return_exceptions=True)
        await asyncio.gather(*(self._close(partition) for partition in list(self._tasks)))

    def _open(self, partition: int) -> None:
        task = self._tasks[partition] = Task(partition, self._context, self._on_commit)
        running = self._running[partition] = asyncio.create_task(self._run(task))
        running.add_done_callback(self._record_end)

    async def _run(self, task: Task) -> None:
        await task.prepare()
        _log.info(
            "task ready",
            task=task.partition,
            restored_records=task.restored,
            restore_seconds=round(task.restore_seconds, 3),
        )
        if not self._is_rebalancing:
            self._on_ready(task)
        await task.run()

    async def _finish(self, partition: int) -> None:
        task = self._tasks[partition]
        if task.state == "running":
            task.finish()
            await self._running[partition]

    async def _close(self, partition: int) -> None:
        task, running = self._tasks.pop(partition), self._running.pop(partition)
        if task.state != "running":
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        await task.close()
        await asyncio.gather(running, return_exceptions=True)

    def _record_end(self, running: "asyncio.Task[None]") -> None:
        if running.cancelled():
            if running in self._running.values() and not self._is_closing:
                self._on_failure(RuntimeError("a task was cancelled without being revoked"))
        elif (error := running.exception()) is not None:
            self._on_failure(error)

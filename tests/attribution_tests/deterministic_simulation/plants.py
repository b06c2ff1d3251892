"""Bugs to plant: each is a likely fault of such a host, and the checks must catch it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final
from unittest.mock import patch

from attribution.engine.merge import Merge
from attribution.engine.record import Record
from attribution.hosts.kafka.task_processor import TaskProcessor
from attribution.streams.flow.step import Step
from attribution.streams.task.consumed import ConsumedRecords
from attribution.streams.task.job import Job
from attribution.streams.task.restore import Restoration
from attribution.streams.task.task import Task
from attribution.streams.task.transaction import TransactionRecord, Transactions
from attribution_tests.deterministic_simulation.world import World

Plant = Callable[[], AbstractContextManager[object]]
_SELDOM: Final = 10
_HESITATES_SECONDS: Final = 0.5


def drops_a_record() -> AbstractContextManager[object]:
    """A task skips a record in every tenth batch."""
    process, seen = TaskProcessor.process, iter(range(10**9))

    def fewer(self: TaskProcessor, records: list[Record]) -> int:
        if len(records) > 1 and next(seen) % _SELDOM == 0:
            return process(self, records[:-1]) + 1
        return process(self, records)

    return patch.object(TaskProcessor, "process", fewer)


def commits_before_it_produces() -> AbstractContextManager[object]:
    """Positions and state are committed in their own transaction, before the outputs."""
    commit = Transactions.commit

    async def first(
        self: Any, sent: Iterable[TransactionRecord], offsets: Mapping[Any, int]
    ) -> dict[tuple[str, int], int]:
        records = list(sent)
        state = [one for one in records if one.topic.endswith("changelog")]
        placed = await commit(self, state, offsets)
        await commit(self, [one for one in records if not one.topic.endswith("changelog")], {})
        return placed

    return patch.object(Transactions, "commit", first)


def reads_what_was_aborted(world: World) -> None:
    """All readers read uncommitted records."""
    world.reads_committed = False


def stores_before_it_commits() -> AbstractContextManager[object]:
    """The changes of a unit of work reach the store on disk before the transaction."""
    commit = Task._commit  # noqa: SLF001 - what is planted is inside

    async def early(self: Any) -> None:
        store = self._store
        self._work.flush()
        self._work.unit.write_batch.write_to(store)
        kept = {table: dict(rows) for table, rows in store._changes.items()}  # noqa: SLF001
        store._store.write(kept)  # noqa: SLF001
        store._store.commit()  # noqa: SLF001
        await asyncio.sleep(_HESITATES_SECONDS)
        await commit(self)

    return patch.object(Task, "_commit", early)


def skips_a_changelog_record() -> AbstractContextManager[object]:
    """The restore skips the first row of each batch."""
    apply = Restoration._apply  # noqa: SLF001

    def fewer(self: Restoration, fetched: Iterable[Any], where: str) -> Any:
        return apply(self, list(fetched)[1:], where)

    return patch.object(Restoration, "_apply", fewer)


def swaps_two() -> AbstractContextManager[object]:
    """The merge swaps the first two records of those that it releases together."""
    release = Merge.release

    def swapped(self: Merge, most: int | None = None) -> list[Record]:
        records = release(self, most)
        return [records[1], records[0], *records[2:]] if len(records) > 1 else records

    return patch.object(Merge, "release", swapped)


def counts_for_each_task() -> AbstractContextManager[object]:
    """Every task counts the records of global topics."""
    begin = ConsumedRecords.__init__

    def as_task_0(self: ConsumedRecords, job: Job, _: int, steps: Iterable[Step]) -> None:
        begin(self, job, 0, steps)

    return patch.object(ConsumedRecords, "__init__", as_task_0)


INSIDE: Final[dict[str, Plant]] = {
    "drops a record": drops_a_record,
    "commits before it produces": commits_before_it_produces,
    "stores before it commits": stores_before_it_commits,
    "skips a changelog record": skips_a_changelog_record,
    "swaps two touches": swaps_two,
    "reads what was aborted": nullcontext,
    "counts for each task": counts_for_each_task,
}
OUTSIDE: Final[dict[str, Callable[[World], None]]] = {"reads what was aborted": reads_what_was_aborted}

# mypy: disable-error-code="import-untyped"
"""Bugs to plant in a worker, which the checkers must catch."""

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaProducer

from attribution.domain.records.events import Click
from attribution.engine.record import Record
from attribution.processor.processor import Processor
from attribution.streams.checkpoint import TASK_KEY
from attribution.streams.task.transaction import TransactionRecord, Transactions
from attribution.streams.task.transaction_records import TransactionRecords
from attribution_tests.chaos.planted.points import Fuse, die, replace

_OUTPUTS: Final = ("decisions", "commissions", "dead-letters")


def drop_one_in(number: int) -> None:
    """Drop one output of each ``number`` records that are sent."""
    counted, dropped = [0], [0]

    def stays(one: TransactionRecord) -> bool:
        counted[0] += 1
        if not one.topic.endswith(_OUTPUTS) or counted[0] < number * (dropped[0] + 1):
            return True
        dropped[0] += 1
        return False

    _keep_only(stays)


def skip_changelog_record(number: int) -> None:
    """Drop one changed row in ``number`` from the changelog."""
    counted = [0]

    def stays(one: TransactionRecord) -> bool:
        if not one.topic.endswith("-changelog") or one.key == TASK_KEY:
            return True
        counted[0] += 1
        return counted[0] % number != 0

    _keep_only(stays)


def commit_before_produce(number: int) -> None:
    """Commit the changelog and positions before the outputs; die in between, before a first decision."""
    fuse = Fuse(number)

    def wrapper(commit: Any) -> Any:
        async def in_two(self: Any, sent: Iterable[TransactionRecord], offsets: Mapping[Any, int]) -> Any:
            everything = list(sent)
            progress = [one for one in everything if one.topic.endswith("-changelog")]
            outputs = [one for one in everything if not one.topic.endswith("-changelog")]
            placed = await commit(self, progress, offsets)
            if any(map(_decides, outputs)):
                fuse.burn()
            if outputs:
                await commit(self, outputs, {})
            return placed

        return in_two

    replace(Transactions, "commit", wrapper)


def swap_two_touches(number: int) -> None:
    """Swap the links of two successive clicks of a buyer, in one of ``number`` pairs."""
    fuses = [Fuse(number)]

    def wrapper(process: Any) -> Any:
        def swapped(self: Any, records: Iterable[Record]) -> int:
            some = list(records)
            by_buyer: dict[str, list[int]] = {}
            for place, record in enumerate(some):
                if isinstance(record.event, Click) and record.event.buyer_id is not None:
                    by_buyer.setdefault(record.event.buyer_id, []).append(place)
            for places in by_buyer.values():
                for one, other in pairwise(places):
                    if fuses[-1].burns_down():
                        fuses.append(Fuse(number))
                        _swap_links(some, one, other)
            return int(process(self, some))

        return swapped

    replace(Processor, "process", wrapper)


def ignore_an_abort(number: int) -> None:
    """Continue as if an aborted transaction had been committed."""
    fuse = Fuse(number)

    def wrapper(commit: Any) -> Any:
        async def commit_transaction(self: Any) -> None:
            await (self.abort_transaction() if fuse.burns_down() else commit(self))

        return commit_transaction

    replace(AIOKafkaProducer, "commit_transaction", wrapper)


def store_before_commit(number: int) -> None:
    """Write the store before the commit; die in between, with a first decision uncommitted."""
    fuse = Fuse(number)
    is_lit = [False]

    def writing(records: Any) -> Any:
        def written(self: Any, unit: Any, steps: Any, store: Any, task: Any) -> Any:
            sent = records(self, unit, steps, store, task)
            behind, changes = store._store, store._changes  # noqa: SLF001 - a bug, on purpose
            behind.write(changes)
            behind.commit()
            if any(map(_decides, sent)):
                is_lit[0] |= fuse.burns_down()
            return sent

        return written

    def dying(commit: Any) -> Any:
        async def commit_transaction(self: Any) -> None:
            if is_lit[0]:
                die()
            await commit(self)

        return commit_transaction

    replace(TransactionRecords, "records", writing)
    replace(AIOKafkaProducer, "commit_transaction", dying)


def _decides(one: TransactionRecord) -> bool:
    """Return whether this is the first decision on an order.

    If it is lost, the order has none for good, or the number of the next one has a gap.
    """
    if not one.topic.endswith("decisions") or one.value is None:
        return False
    decision = msgspec.json.decode(one.value)
    return bool(decision["revision"] == 1 and decision["status"] != "late_touch")


def _keep_only(stays: Callable[[TransactionRecord], bool]) -> None:
    def wrapper(commit: Any) -> Any:
        async def commit_less(
            self: Any, sent: Iterable[TransactionRecord], offsets: Mapping[Any, int]
        ) -> Any:
            return await commit(self, list(filter(stays, sent)), offsets)

        return commit_less

    replace(Transactions, "commit", wrapper)


def _swap_links(records: list[Record], one: int, other: int) -> None:
    first, second = records[one], records[other]
    links = first.event.link_id, second.event.link_id
    records[one] = _with_link(first, links[1])
    records[other] = _with_link(second, links[0])


def _with_link(record: Record, link_id: str) -> Record:
    return msgspec.structs.replace(record, event=msgspec.structs.replace(record.event, link_id=link_id))


PLANTS: Final[dict[str, Callable[[int], None]]] = {
    "drop-one-in": drop_one_in,
    "skip-changelog-record": skip_changelog_record,
    "commit-before-produce": commit_before_produce,
    "swap-two-touches": swap_two_touches,
    "ignore-an-abort": ignore_an_abort,
    "store-before-commit": store_before_commit,
}

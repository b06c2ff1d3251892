"""Checkpoints: the progress of a task in its changelog, and of its store on disk."""

from typing import Final

import msgspec

from attribution.engine.state_version import StateVersion
from attribution.engine.stores.store import Store

TASK_KEY: Final = b"__task"
LOCAL: Final = "local"
"""The table that holds the checkpoint of the store itself. It is in no changelog."""

Positions = dict[str, dict[str, int]]
"""By step and topic: the offset of the first record that is not processed yet."""
Processed = dict[str, dict[str, list[int]]]
"""By step, repartition topic and source: the offset before which all records are processed."""


class TaskCheckpoint(msgspec.Struct, frozen=True):
    """The changelog record ``__task``: the progress of the task after a transaction.

    Positions of repartition topics may lie before ``done``, since their watermarks are read again.
    ``version`` is the state version, ``release`` that of the program.
    """

    positions: Positions
    done: Processed
    stream_time: int
    version: int
    release: str = ""


class StoreCheckpoint(msgspec.Struct, frozen=True):
    """The progress of a store: it holds everything up to ``task``, and up to a changelog offset."""

    task: TaskCheckpoint | None
    changelog: int


def least_positions(positions: Positions) -> dict[str, int]:
    """Return by topic the least position of all steps that read it.

    >>> least_positions({"stitch": {"clicks": 7}, "attribute": {"clicks": 5, "orders": 2}})
    {'clicks': 5, 'orders': 2}
    """
    least: dict[str, int] = {}
    for offsets in positions.values():
        for topic, offset in offsets.items():
            least[topic] = min(offset, least.get(topic, offset))
    return least


def write_checkpoint(store: Store, checkpoint: StoreCheckpoint) -> None:
    """Write the checkpoint of a store, to be committed with the rows that it covers."""
    store.write({LOCAL: {b"": msgspec.json.encode(checkpoint)}})


def read_task_checkpoint(row: bytes, where: str, own: StateVersion) -> TaskCheckpoint:
    """Decode a ``__task`` record.

    Raises:
        StateError: this program does not read the state version of the program that wrote it.
    """
    _check(msgspec.json.decode(row, type=_Wrote), where, own)
    return msgspec.json.decode(row, type=TaskCheckpoint)


def read_store_checkpoint(row: bytes, where: str, own: StateVersion) -> StoreCheckpoint:
    """Decode the checkpoint of a store.

    Raises:
        StateError: this program does not read the state version of the program that wrote it.
    """
    wrote = msgspec.json.decode(row, type=_StoreWrote).task
    if wrote is not None:
        _check(wrote, where, own)
    return msgspec.json.decode(row, type=StoreCheckpoint)


class _Wrote(msgspec.Struct):
    version: int = 0
    release: str = ""


class _StoreWrote(msgspec.Struct):
    task: _Wrote | None


def _check(wrote: _Wrote, where: str, own: StateVersion) -> None:
    own.check(wrote.version, wrote.release, where, 'see "Begin anew" in docs/operate.md')

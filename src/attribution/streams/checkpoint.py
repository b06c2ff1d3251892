"""How far a task has come: what its changelog says, and what its store on disk says."""

from typing import Final

import msgspec

from attribution.errors import StateError

TASK_KEY: Final = b"__task"
LOCAL: Final = "local"
"""The table of a store that tells how far the store is; in no changelog."""

Positions = dict[str, dict[str, int]]
"""By step and topic: the offset from which on records have yet to be processed."""
Processed = dict[str, dict[str, list[int]]]
"""By step, repartition topic and source: the offset before which all records have been processed."""


class TaskCheckpoint(msgspec.Struct, frozen=True):
    """The changelog record ``__task``: what a transaction brings the task to.

    Positions of repartition topics may lie before what is ``done``, since their watermarks are read again.
    """

    positions: Positions
    done: Processed
    stream_time: int
    version: int


class StoreCheckpoint(msgspec.Struct, frozen=True):
    """What a store holds: everything up to ``task``, and the changelog up to an offset."""

    task: TaskCheckpoint | None
    changelog: int


def read_task_checkpoint(row: bytes, where: str, state_version: int) -> TaskCheckpoint:
    """Decode a ``__task`` record.

    Raises:
        StateError: another version of the program wrote it.
    """
    version = msgspec.json.decode(row, type=_Versioned).version
    if version != state_version:
        raise StateError(
            f"{where} is of state version {version}, this program's is {state_version}: "
            'run the version that wrote it, or see "Begin anew" in docs/operate.md'
        )
    return msgspec.json.decode(row, type=TaskCheckpoint)


class _Versioned(msgspec.Struct):
    version: int = 0

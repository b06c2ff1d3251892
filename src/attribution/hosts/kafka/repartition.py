"""What passes from one step to another through an internal topic, and how far a step has come."""

from typing import Final, TypeAlias

import msgspec

from attribution.domain.records.events import Click, RoomEntry
from attribution.engine.merge import Key


class _Passed(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """``source`` is the task that it comes from, a partition number."""

    source: int


class NamedEntry(_Passed, frozen=True, gc=False, array_like=True, tag="entry"):
    """A room entry that names a click, on its way to where the click is; ``offset`` is the entry's own."""

    offset: int
    timestamp: int
    entry: RoomEntry


class ForwardedClick(_Passed, frozen=True, gc=False, array_like=True, tag="click"):
    """An anonymous click on its way to a buyer.

    ``known_at`` and ``rank`` are those of the record which made it known whose it is, an entry or the click itself;
    ``timestamp`` is the click's record timestamp.
    """

    known_at: int
    rank: int
    timestamp: int
    buyer_id: str
    click: Click


class Rekeyed(_Passed, frozen=True, gc=False, array_like=True, tag="rekeyed"):
    """A record of an input topic that is not keyed by buyer_id, on its way to its buyer; as it lay in its topic."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes


class Mark(_Passed, frozen=True, gc=False, array_like=True, tag="mark"):
    """Whatever follows from its source lies behind ``key``; there is nothing now if ``is_caught_up``."""

    key: Key
    is_caught_up: bool


Passed: TypeAlias = NamedEntry | ForwardedClick | Rekeyed | Mark

encode: Final = msgspec.msgpack.Encoder().encode
decode: Final = msgspec.msgpack.Decoder(Passed).decode

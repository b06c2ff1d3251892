"""A made-up next release, planted in a process: it writes another row of an order, and reads those of today."""

from typing import Any, Final

import msgspec
from msgspec.structs import astuple

import attribution
from attribution.engine.row_layout import UNVERSIONED, RowLayout
from attribution.processor.layout import rows
from attribution.processor.layout.earlier import order_0
from attribution.processor.layout.orders import StoredOrder

RELEASE: Final = "9.9.9"
CODE: Final = "from attribution_tests.upgrade import next_release; next_release.install()"
_TODAY: Final = rows.ORDERS


class _NextOrder(StoredOrder, frozen=True, array_like=True):
    """The row with a field more."""

    reviewed: bool = False


class _NextOrders(RowLayout[StoredOrder]):
    """Rows of the next version. The field is the same in all of them."""

    def __init__(self) -> None:
        super().__init__(
            _TODAY.table,
            max(one.version for one in rows.ALL) + 1,
            _NextOrder,
            before={UNVERSIONED: order_0, _TODAY.version: msgspec.msgpack.Decoder(StoredOrder).decode},
        )

    def pack(self, row: Any) -> bytes:
        return super().pack((*astuple(row), True))


def install() -> None:
    """Make this process the next release. Nothing may have imported the tables before."""
    attribution.__version__ = RELEASE
    rows.ORDERS = _NextOrders()  # type: ignore[misc]
    rows.ALL = tuple(rows.ORDERS if one is _TODAY else one for one in rows.ALL)  # type: ignore[misc]

"""The terms of an order's credits, and the ledger of a subject: what its next posting is derived from."""

from typing import TypeAlias

import msgspec

from attribution.domain.records.outputs import Bucket, Note


class Share(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A step of a waterfall; ``account`` is None if the role is unfilled."""

    role: str
    of: str
    share_ppm: int
    account: str | None


class Terms(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How a credit is paid, as of the lock; later versions change nothing.

    ``note`` says why the campaign pays no order at all. An order below ``min_order_amount`` (minor units) is
    not paid either. ``remainder`` is the account that gets what rounding and unfilled roles leave.
    """

    weight_ppm: int
    rate_ppm: int
    shares: list[Share]
    remainder: str
    note: Note | None
    min_order_amount: int | None = None


class Origin(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a posting carries from the latest credited touch and its link, else from the order."""

    pid: str | None
    channel: str | None
    external_info: str | None


class OrderTerms(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an order's ledger is derived from, beside its paid event and lifecycle: no amount of the order.

    ``credits`` has the order of the decision's credits. ``least_payable`` is in minor units.
    ``settle_after_ms`` counts from receipt.
    """

    credits: list[Terms]
    origin: Origin
    least_payable: int
    settle_after_ms: int | None


Sums: TypeAlias = dict[tuple[str, Bucket], int]
"""Amounts in minor units by account and bucket."""


class Balances(msgspec.Struct, frozen=True, array_like=True):
    """What a component's ledger says: sums, or a note why there are none."""

    sums: Sums
    note: Note | None = None


class Ledger(msgspec.Struct, array_like=True):
    """What was posted for a subject (an order, a campaign, a task event), by component.

    ``seq`` is that of the last posting. ``has_settled`` says whether the subject has settled.
    """

    seq: int = 0
    currency: str = ""
    posted: dict[str, Balances] = msgspec.field(default_factory=dict)
    has_settled: bool = False

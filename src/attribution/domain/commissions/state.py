"""The terms of an order's credits, and its ledger: enough to post the difference to the expected balances."""

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

    ``note`` says why the rate counts as 0. ``remainder`` is the account that gets what rounding and unfilled
    roles leave.
    """

    weight_ppm: int
    rate_ppm: int
    shares: list[Share]
    remainder: str
    note: Note | None


class Origin(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a posting carries from the latest credited touch and its link, else from the order."""

    pid: str | None
    channel: str | None
    external_info: str | None


class OrderTerms(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an order's ledger is derived from, beside its lifecycle.

    ``credits`` has the order of the decision's credits. ``least_payable`` is in minor units.
    ``settle_after_ms`` counts from receipt.
    """

    credits: list[Terms]
    origin: Origin
    least_payable: int
    settle_after_ms: int | None


class Ledger(msgspec.Struct, array_like=True):
    """What was posted for an order: sums by account and bucket, the last seq, and whether it has settled."""

    seq: int = 0
    currency: str = ""
    posted: dict[tuple[str, Bucket], int] = msgspec.field(default_factory=dict)
    note: Note | None = None
    has_settled: bool = False

"""The terms of an order's credits, and its ledger: enough to post the difference to what is expected."""

import msgspec

from attribution.domain.records.outputs import Bucket, Note


class Share(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A step of a waterfall with its account filled in (None where the role is unfilled)."""

    role: str
    of: str
    share_ppm: int
    account: str | None


class Terms(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a credit is paid by, as of the lock: later versions change nothing.

    ``note`` says why the rate counts as 0. ``remainder`` is the account that rounding and unfilled roles fall to.
    """

    weight_ppm: int
    rate_ppm: int
    shares: list[Share]
    remainder: str
    note: Note | None


class Origin(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a posting carries of the latest credited touch and its link, else of the order."""

    pid: str | None
    channel: str | None
    external_info: str | None


class OrderTerms(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an order's ledger follows from, beside its lifecycle; ``credits`` are in the order of the decision's.

    ``least_payable`` is in minor units, ``settle_after_ms`` in milliseconds after receipt.
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

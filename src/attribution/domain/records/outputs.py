"""Output records (contract, sections 3 to 6): decisions, commissions, insights, dead letters."""

from typing import Literal, NewType, TypeAlias

import msgspec

from attribution.domain.records.currencies import Currency
from attribution.domain.records.fields import Account, Label, Ppm, Time
from attribution.domain.records.reference import Model

Status: TypeAlias = Literal["attributed", "organic", "late_touch"]
TouchClass: TypeAlias = Literal["click", "room_entry"]
Bucket: TypeAlias = Literal["pending", "confirmed", "settled", "held"]
PostingKind: TypeAlias = Literal[
    "estimated",
    "corrected",
    "reversed",
    "confirmed",
    "settled",
    "held",
    "released",
    "penalty",
    "incentive",
    "incentive_reversed",
]
Note: TypeAlias = Literal["NO_CAMPAIGN", "DUST", "BELOW_MIN_ORDER", "CAP_REACHED"]
RefusalCode: TypeAlias = Literal[
    "BAD_JSON",
    "WRONG_TYPE",
    "MISSING_FIELD",
    "UNKNOWN_VALUE",
    "TOO_LONG",
    "OUT_OF_RANGE",
    "TIME_OUT_OF_RANGE",
    "TIME_IN_FUTURE",
    "TOO_LARGE",
    "BAD_LINK",
    "BAD_SPLITS",
    "CURRENCY_CLASH",
    "EVENT_ID_CLASH",
    "TOO_LATE",
]

VerdictCode = NewType("VerdictCode", str)
"""The code of a verdict on a touch: one of the contract's own (``decisions.verdicts``) or a link policy's."""


class Candidate(msgspec.Struct, frozen=True, gc=False, rename={"touch_class": "class"}):
    """A candidate touch and its verdict.

    ``versions`` names each reference version that the verdict read, as ``<topic>/<id>@<effective_from>``.
    """

    touch_id: str
    touch_class: TouchClass
    occurred_at: int
    link_id: str
    verdict: VerdictCode
    window_ms: int
    versions: tuple[str, ...]


class CreditRecord(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """A credited touch and its weight."""

    link_id: str
    promoter_id: str
    touch_id: str
    weight_ppm: Ppm
    campaign_id: str | None = None


class PathStep(msgspec.Struct, frozen=True, gc=False):
    """A step of a xingque path."""

    touch_id: str
    part: Literal["seed", "harvest"]


class DecisionBody(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """The content of a decision: a pure function of the order's evidence."""

    order_id: str
    status: Status
    placed_at: int
    model: Model
    window_from: int
    credits: list[CreditRecord]
    candidates: list[Candidate]
    candidates_total: int
    path: list[PathStep] | None = None


class Decision(DecisionBody, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """A decision as published: its content, and its place among the order's revisions."""

    decision_id: str
    revision: int
    supersedes: str | None = None
    cause_event_id: str


class Line(msgspec.Struct, frozen=True, gc=False):
    """An amount added to an account's bucket; a negative amount is taken out."""

    account: str
    bucket: Bucket
    amount: int


class Posting(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """A change to the ledger; the amounts of its lines add up to 0."""

    posting_id: str
    subject: str
    order_id: str | None = None
    seq: int
    kind: PostingKind
    cause_event_id: str
    occurred_at: int
    currency: Currency
    decision_revision: int | None = None
    pid: str | None = None
    external_info: str | None = None
    channel: str | None = None
    lines: list[Line]
    note: Note | None = None


class Insight(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A rollup figure; the rollups are not implemented yet."""

    subject: Account
    type: Literal[
        "bestseller.snapshot",
        "campaign.session",
        "campaign.commitment",
        "campaign.matrix",
        "merchant.savings",
    ]
    occurred_at: Time
    values: dict[Label, int | str]


class DeadLetter(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A refused record: its topic, partition and offset, why it was refused, and its bytes."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    code: RefusalCode
    detail: str
    key: str | None
    value: str
    value_bytes: int

"""Every metric: its name, type, unit, labels and meaning, and the measure of a step that it shows."""

from typing import Final, Literal, NamedTuple, get_args

from attribution.domain.decisions.verdicts import VERDICTS
from attribution.domain.records.outputs import PostingKind, RefusalCode, Status
from attribution.domain.records.topics import READ

Type = Literal["counter", "gauge", "histogram"]

CODES_AT_MOST: Final = 50
"""How many codes of link policies a label may take."""

OTHER: Final = "other"
"""The label value for everything beyond a metric's limit."""


class Definition(NamedTuple):
    """A metric.

    ``measure`` is the count or size of a step that it shows. ``known`` are the values that its label always
    has. ``others`` is how many more values it may take before they count as "other"; None means any number.
    """

    name: str
    type: Type
    unit: str
    labels: tuple[str, ...]
    meaning: str
    measure: str
    known: tuple[str, ...] = ()
    others: int | None = None


COUNTS: Final = (
    Definition(
        "attribution_decisions_total",
        "counter",
        "decisions",
        ("status",),
        "Decisions written, new revisions and late_touch records included.",
        "decisions",
        get_args(Status),
    ),
    Definition(
        "attribution_decision_revisions_total",
        "counter",
        "decisions",
        (),
        "Decisions that superseded an earlier one.",
        "revisions",
    ),
    Definition(
        "attribution_verdicts_total",
        "counter",
        "touches",
        ("code",),
        f"Verdicts in decisions written; codes of link policies beyond {CODES_AT_MOST} count as {OTHER}.",
        "verdicts",
        tuple(verdict.code for verdict in VERDICTS),
        CODES_AT_MOST,
    ),
    Definition(
        "attribution_unconsidered_touches_total",
        "counter",
        "touches",
        (),
        "Touches in range of an order beyond the 2,000 that are considered.",
        "unconsidered_touches",
    ),
    Definition(
        "attribution_postings_total",
        "counter",
        "postings",
        ("kind",),
        "Postings written to the ledger.",
        "postings",
        get_args(PostingKind),
    ),
    Definition(
        "attribution_money_minor_units_total",
        "counter",
        "minor units of the currency",
        ("kind", "currency"),
        "Positive amounts of the lines posted; moving an amount to another bucket counts both its sides.",
        "money",
    ),
    Definition(
        "attribution_dead_letters_total",
        "counter",
        "records",
        ("code",),
        "Records that were refused.",
        "dead_letters",
        get_args(RefusalCode),
    ),
    Definition(
        "attribution_records_expired_total",
        "counter",
        "records",
        (),
        "Records and facts that arrived too late, for state that is no longer kept.",
        "expired",
    ),
)
"""Counts of a step, by measure and label."""

LATE_TOUCHES: Final = Definition(
    "attribution_late_touches_total",
    "counter",
    "decisions",
    (),
    "Records after an order's lock that would have changed its decision; also counted as decisions.",
    "decisions",
)

CONSUMED: Final = Definition(
    "attribution_records_consumed_total",
    "counter",
    "records",
    ("topic",),
    "Records of input topics that were processed and committed, refused ones included. On Kafka each counts "
    "once in a deployment, and task 0 counts those of the topics that every task reads (references, "
    "governance, ticks). Records and watermarks in repartition topics do not count.",
    "consumed",
    tuple(topic.name for topic in READ),
)

STAGES: Final = Definition(
    "attribution_stage_seconds_total",
    "counter",
    "seconds",
    ("stage",),
    "Time spent in each stage of the steps.",
    "seconds",
)

STEP_DURATION: Final = Definition(
    "attribution_step_duration_seconds",
    "histogram",
    "seconds",
    (),
    "Time that a step took, from reading to commit.",
    "seconds",
)

STREAM_TIME: Final = Definition(
    "attribution_stream_time_seconds",
    "gauge",
    "seconds since the Unix epoch",
    (),
    "Latest record timestamp of an event so far.",
    "stream_time",
)

SIZES: Final = (
    Definition(
        "attribution_touches_cached", "gauge", "touches", (), "Touches kept decoded in memory.", "touches"
    ),
    Definition(
        "attribution_buyers_cached", "gauge", "buyers", (), "Buyers kept decoded in memory.", "buyers"
    ),
    Definition(
        "attribution_store_bytes",
        "gauge",
        "bytes",
        (),
        "Size of the state: of its file, or an estimate of its memory.",
        "state_bytes",
    ),
    Definition(
        "attribution_resident_memory_bytes",
        "gauge",
        "bytes",
        (),
        "Resident memory of the process after the last step.",
        "resident_bytes",
    ),
)
"""Sizes that a step reports, by measure."""

DEFINITIONS: Final = (CONSUMED, *COUNTS, LATE_TOUCHES, STEP_DURATION, STAGES, *SIZES, STREAM_TIME)
"""All metrics of a step, in the order of their documentation."""

LAG_RECORDS: Final = Definition(
    "attribution_lag_records",
    "gauge",
    "records",
    ("step", "topic", "partition"),
    "Records of a topic partition that a step has yet to process and commit.",
    "lag_records",
)
LAG_SECONDS: Final = Definition(
    "attribution_lag_seconds",
    "gauge",
    "seconds",
    ("partition",),
    "Age of the latest event that a task has processed, while events wait; 0 if none waits.",
    "lag_seconds",
)
END_TO_END: Final = Definition(
    "attribution_order_to_commit_seconds",
    "histogram",
    "seconds",
    (),
    "Time from an order event's record timestamp to the commit of its results.",
    "end_to_end",
)
TRANSACTION: Final = Definition(
    "attribution_transaction_seconds",
    "histogram",
    "seconds",
    (),
    "Time that a transaction took, from its start to its commit.",
    "transaction",
)
TRANSACTION_AGE: Final = Definition(
    "attribution_transaction_age_seconds",
    "gauge",
    "seconds",
    (),
    "Age of the oldest open transaction; readers of its partitions wait for it.",
    "transaction_age",
)
RESTORED: Final = Definition(
    "attribution_restored_records",
    "gauge",
    "records",
    ("partition",),
    "Records that a task has read so far to restore its state.",
    "restored",
)
RESTORE_SECONDS: Final = Definition(
    "attribution_restore_seconds",
    "gauge",
    "seconds",
    ("partition",),
    "Time that a task has spent so far to restore its state.",
    "restore_seconds",
)
TASKS: Final = Definition(
    "attribution_tasks",
    "gauge",
    "tasks",
    ("state",),
    "Tasks of this worker by state.",
    "tasks",
    ("fencing", "restoring", "running", "closed"),
)
REBALANCES: Final = Definition(
    "attribution_rebalances",
    "gauge",
    "rebalances",
    (),
    "Rebalances of this worker since its start.",
    "rebalances",
)
TICK_AGE: Final = Definition(
    "attribution_last_tick_age_seconds",
    "gauge",
    "seconds",
    (),
    "Age of the latest tick that all tasks have processed; nothing settles by time while it grows.",
    "tick_age",
)

ON_KAFKA: Final = (
    LAG_RECORDS,
    LAG_SECONDS,
    END_TO_END,
    TRANSACTION,
    TRANSACTION_AGE,
    RESTORED,
    RESTORE_SECONDS,
    TASKS,
    REBALANCES,
    TICK_AGE,
)
"""The additional metrics of a worker."""

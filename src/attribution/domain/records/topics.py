"""The topic catalogue: what each topic carries, and which settings it needs on a broker."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from attribution.domain.records import events, outputs, reference

KEEP_ALL: Final = -1
HORIZON: Final = None
"""Retention is computed from the policies: the topic must reach back as far as touches are needed."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the contract.

    ``rank`` orders records with equal timestamps; outputs have none. ``retention_ms`` is -1 for a topic that
    keeps everything, and None if the horizon decides. ``partitions`` is None if the deployment chooses the
    number; it is the same for all topics that are read together.
    """

    name: str
    role: Literal["input", "reference", "output"]
    record: Any
    key: str
    rank: int | None
    partitions: int | None
    retention_ms: int | None
    timestamp_type: Literal["CreateTime", "LogAppendTime"]
    meaning: str
    cleanup_policy: Literal["delete", "compact"] = "delete"


def _input(name: str, record: Any, key: str, rank: int, meaning: str, partitions: int | None = None) -> Topic:
    return Topic(name, "input", record, key, rank, partitions, HORIZON, "CreateTime", meaning)


def _reference(name: str, record: Any, key: str, meaning: str) -> Topic:
    return Topic(
        name, "reference", record, f"<{key}>@<effective_from>", 0, 1, KEEP_ALL, "CreateTime", meaning
    )


def _output(name: str, record: Any, key: str, meaning: str) -> Topic:
    return Topic(name, "output", record, key, None, None, KEEP_ALL, "LogAppendTime", meaning)


TOPICS: Final = (
    _reference("links", reference.Link, "link_id", "promoter links and what they lead to"),
    _reference("promoters", reference.Promoter, "promoter_id", "who posts links"),
    _reference("rooms", reference.Room, "room_id", "live sessions"),
    _reference("campaigns", reference.Campaign, "campaign_id", "programmes: rates, windows, splits"),
    _reference("policies", reference.Policy, "policy_id", "platform rules: model, windows, incentives"),
    _input("governance", events.Sanction, "party", 1, "sanctions", partitions=1),
    _input("clicks", events.Click, "buyer_id, else click_id", 2, "somebody followed a promoter link"),
    _input("room-entries", events.RoomEntry, "buyer_id", 3, "a buyer entered a live room"),
    _input("orders", events.OrderEvent, "buyer_id", 4, "one order line changes state"),
    _input("fulfilment", events.FulfilmentEvent, "order_id", 5, "shipping facts and verdicts"),
    _input("tasks", events.TaskReport, "campaign_id", 6, "commitments kept"),
    _input("ticks", events.Tick, "event_id", 7, "time passes", partitions=1),
    _output("decisions", outputs.Decision, "order_id", "which link drove an order, and why"),
    _output("commissions", outputs.Posting, "subject", "the ledger: what is owed to whom"),
    _output("insights", outputs.Insight, "subject", "rollups by campaign, room, product, merchant"),
    _output("dead-letters", outputs.DeadLetter, "topic", "records that were refused"),
)
BY_NAME: Final = {topic.name: topic for topic in TOPICS}
READ: Final = tuple(topic for topic in TOPICS if topic.rank is not None)
WRITTEN: Final = tuple(topic for topic in TOPICS if topic.role == "output")
REFERENCES: Final = tuple(topic for topic in TOPICS if topic.role == "reference")
RANKS: Final = {topic.name: topic.rank for topic in READ if topic.rank is not None}

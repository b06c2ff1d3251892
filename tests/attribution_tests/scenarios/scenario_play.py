"""Turns the rows of a scenario into records, processes them, and returns the outcome in scenario terms."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import msgspec

from attribution.domain.ingest.decoder import TopicDecoder
from attribution.domain.ingest.refusal import Refusal
from attribution.domain.records.topics import BY_NAME
from attribution.domain.references.default_policy import DEFAULT_POLICY
from attribution.engine.record import Record
from attribution.engine.stores.memory import MemoryStore
from attribution.processor.persistence import NOTHING, Limits
from attribution.processor.processor import Processor
from attribution_tests.scenarios.scenario_terms import field as read_field
from attribution_tests.scenarios.scenario_terms import money, time_ms, yuan

Row: TypeAlias = dict[str, Any]
YEAR: Final = 365 * 86_400_000
BEGINNING: Final = "day 0"
ORDINARY: Final[dict[str, Row]] = {
    "links": {"target": "any", "valid_from": BEGINNING},
    "promoters": {"kind": "individual", "enrolled_from": BEGINNING},
    "rooms": {"started_at": BEGINNING},
    "campaigns": {
        "kind": "standard",
        "window_ms": "24 h",
        "splits": ["promoter gets 100 % of total"],
        "remainder_to": "platform",
    },
    "policies": {
        "policy_id": "default",
        "model": "last_touch",
        "default_window_ms": "24 h",
        "min_click_to_order_ms": "500 ms",
        "late_lock_ms": "10 min",
    },
}
PURCHASE: Final[Row] = {
    "merchant_id": "shop",
    "product_id": "lipstick",
    "quantity": "1",
    "currency": "CNY",
    "carrier": "live",
}
CHANGES: Final = ("paid", "received", "closed", "settled", "refunded", "chargeback")


@dataclass
class Script:
    """The rows of a scenario as (topic, record timestamp, value), in the order of the file."""

    records: list[tuple[str, int, Row]] = field(default_factory=list)
    buyers: dict[str, str] = field(default_factory=dict)

    def reference(self, topic: str, row: Row, recorded: str = BEGINNING) -> None:
        known = {"effective_from": BEGINNING, **ORDINARY[topic], **row}
        self._add(topic, time_ms(recorded), {name: what for name, what in known.items() if what != "none"})

    def event(self, row: Row) -> None:
        row = dict(row)
        at = row.pop("at")
        recorded = row.pop("recorded", at)
        if "publish" in row:
            self.reference(row.pop("publish"), row, recorded)
        elif "click" in row:
            event_id = row.pop("click")
            known = {"event_id": event_id, "click_id": event_id, "surface": "live"}
            self._add("clicks", time_ms(recorded), {"occurred_at": at, **known, **row})
        elif "enter" in row:
            self._add(
                "room-entries", time_ms(recorded), {"occurred_at": at, "event_id": row.pop("enter"), **row}
            )
        elif "tick" in row:
            self._add("ticks", time_ms(recorded), {"occurred_at": at, "event_id": f"tick at {at}"})
        else:
            self._order(at, time_ms(recorded), row)

    def in_order(self) -> list[Record]:
        ranked = sorted(self.records, key=lambda one: (one[1], BY_NAME[one[0]].rank))
        return [_record(offset, *one) for offset, one in enumerate(ranked)]

    def _order(self, at: str, recorded: int, row: Row) -> None:
        (kind,) = (name for name in CHANGES if name in row)
        order_id = row.pop(kind)
        buyer_id = self.buyers.setdefault(order_id, row.pop("buyer_id", ""))
        known = {"event_id": f"{kind} {order_id} {at}", "occurred_at": at, "order_id": order_id, "type": kind}
        known["buyer_id"] = buyer_id
        if kind == "paid":
            known |= {"placed_at": at, **PURCHASE, "paid_amount": row.pop("amount")}
        if "amount" in row:
            known["refund_amount"] = row.pop("amount")
        self._add("orders", recorded, {**known, **row})

    def _add(self, topic: str, timestamp: int, value: Row) -> None:
        self.records.append(
            (topic, timestamp, {name: read_field(name, what) for name, what in value.items()})
        )


def _record(offset: int, topic: str, timestamp: int, value: Row) -> Record:
    encoded = msgspec.json.encode(value)
    (event,) = TopicDecoder(BY_NAME[topic]).decode([encoded], [timestamp])
    assert not isinstance(event, Refusal), f"{event} in {value}"
    return Record(timestamp, BY_NAME[topic].rank or 0, 0, offset, topic, None, encoded, event)


@dataclass
class Outcome:
    """The outcome of a scenario, in scenario terms."""

    decisions: list[Row]
    postings: list[Row]
    dead_letters: list[str]

    def decided(self, order_id: str) -> Row:
        """Return an order's credits, the verdict on each touch, and the counts of revisions and late touches."""
        decisions = [one for one in self.decisions if one["order_id"] == order_id]
        standing = [one for one in decisions if one["status"] != "late_touch"]
        last = standing[-1]
        weights = {one["touch_id"]: f"{yuan(one['weight_ppm'] // 100)} %" for one in last["credits"]}
        winner = next(iter(weights)) if len(weights) == 1 else "nobody"
        return {
            "credited": weights if len(weights) > 1 else winner,
            "verdicts": {one["touch_id"]: one["verdict"] for one in last["candidates"]},
            "revisions": str(len(standing)),
            "late_touches": str(len(decisions) - len(standing)),
        }

    def ledger(self) -> dict[str, dict[str, str]]:
        """Return the amounts in yuan by order and ``account bucket``, without zeros."""
        sums: Counter[tuple[str, str]] = Counter()
        for posting in self.postings:
            for line in posting["lines"]:
                sums[posting["order_id"], f"{line['account']} {line['bucket']}"] += line["amount"]
        found: dict[str, dict[str, str]] = {}
        for (order_id, place), amount in sums.items():
            if amount:
                found.setdefault(order_id, {})[place] = yuan(amount)
        return found

    def kinds(self) -> dict[str, list[str]]:
        """Return the kinds of postings by order, each with its reason if it has one."""
        found: dict[str, list[str]] = {}
        for posting in self.postings:
            reason = f" ({posting['note']})" if "note" in posting else ""
            found.setdefault(posting["order_id"], []).append(posting["kind"] + reason)
        return found

    def carried(self) -> dict[str, Row]:
        """Return the fields that each order's last posting carries."""
        names = ("pid", "channel", "external_info", "currency")
        return {one["order_id"]: {name: one[name] for name in names if name in one} for one in self.postings}


def play(scenario: Row) -> Outcome:
    script = Script()
    for topic, rows in scenario["reference"].items():
        for row in rows:
            script.reference(topic, row)
    for row in scenario["events"]:
        script.event(row)
    processor = Processor(MemoryStore(), DEFAULT_POLICY, Limits(None, YEAR), NOTHING)
    processor.process(script.in_order())
    outputs = {
        topic: [msgspec.json.decode(one.value) for one in written]
        for topic, written in processor.unit.outputs.items()
    }
    refused = [f"{letter['topic']} {letter['code']}" for letter in outputs.get("dead-letters", [])]
    return Outcome(outputs.get("decisions", []), outputs.get("commissions", []), refused)


def amounts(ledger: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Return an expected ledger with its amounts in one format."""
    return {
        order: {place: yuan(money(text)) for place, text in sums.items()} for order, sums in ledger.items()
    }

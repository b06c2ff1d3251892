"""A made-up cause of a sweep: a module of its own and a name in the list; the rest follows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest

from attribution.domain.records.outputs import Insight
from attribution.domain.steps.buyer import Buyer, Order
from attribution.domain.steps.ports import DependentOrder
from attribution.domain.steps.sweeps.cause import SweepScope
from attribution.domain.steps.sweeps.sweep import StoredCause, Sweep
from attribution.engine.row_layout import RowLayout
from attribution.engine.stores.store import Store
from attribution.processor import attribute_state
from attribution.processor.processor import Processor
from attribution_tests.processor.against_oracle import Outputs, records_of
from attribution_tests.processor.test_steps import opened
from attribution_tests.processor.test_sweep import MOST, ORDERS, commit, many_orders, open_limited

HOUR: Final = 3_600_000


class BuyersReviewed(msgspec.Struct, frozen=True, array_like=True, tag="reviewed"):
    """All orders of some buyers are to be derived again."""

    buyer_ids: list[str]

    def run(self, scope: SweepScope) -> "_ReviewSweep":
        return _ReviewSweep(scope, self.buyer_ids)


class _ReviewSweep:
    def __init__(self, scope: SweepScope, buyer_ids: list[str]) -> None:
        self._scope = scope
        self._buyer_ids = buyer_ids

    def orders(self, done_to: DependentOrder | None, /) -> Iterator[DependentOrder]:
        for buyer_id in sorted(self._buyer_ids):
            for order_id in sorted(self._scope.state.buyers.get(buyer_id).orders):
                if done_to is None or (0, buyer_id, order_id) > done_to:
                    yield 0, buyer_id, order_id

    def derive(self, at: int, buyer: Buyer, order: Order) -> None:
        values: dict[str, int | str] = {"buyer": buyer.buyer_id}
        reviewed = Insight(subject=order.order_id, type="campaign.session", occurred_at=at, values=values)
        self._scope.output.emit("insights", order.order_id, reviewed)


class MadeUpSweep(Sweep, frozen=True, array_like=True):
    cause: StoredCause | BuyersReviewed  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def _made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribute_state, "SWEEP", RowLayout[MadeUpSweep]("sweep", 4, MadeUpSweep))


def reviewed(store: Store, *, crashing: bool) -> list[str]:
    """Review all buyers; return the orders in which that was done, one per time."""
    processor, outputs = open_limited(store), Outputs()
    records = records_of(many_orders())
    while records:
        records = records[processor.process(records[:1]) :]
        commit(processor, store, outputs)
    processor.attribute.sweeper.begin(BuyersReviewed([f"b{number}" for number in range(ORDERS)]))  # type: ignore[arg-type]
    commit(processor, store, outputs)
    while processor.is_sweeping:
        if crashing:
            processor = restarted(store)
        processor.sweep()
        commit(processor, store, outputs)
    return [msgspec.json.decode(value)["subject"] for value in outputs["insights"]]


def restarted(store: Store) -> Processor:
    processor = open_limited(store)
    assert processor.is_sweeping
    return processor


@pytest.mark.parametrize("crashing", [False, True])
def test_each_order_is_derived_once_in_parts(*, crashing: bool, tmp_path: Path) -> None:
    with opened("sqlite", tmp_path) as store:
        found = reviewed(store, crashing=crashing)
    assert sorted(found) == sorted(f"o{number}" for number in range(ORDERS))
    assert len(found) > MOST

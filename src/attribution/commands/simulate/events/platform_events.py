"""Platform events: ticks, sanctions and task reports."""

from typing import Final, Literal

from attribution.commands.simulate.market.campaigns import MAGPIE, MAGPIE_PARTIES
from attribution.commands.simulate.market.products import merchant_id
from attribution.commands.simulate.market.promoters import promoter_id
from attribution.commands.simulate.scenario import Scenario
from attribution.commands.simulate.schedule.event_queue import EventQueue
from attribution.domain.records.events import Sanction, TaskReport, Tick

_REPORTS: Final = 40

Action = Literal["stop_settlement", "freeze", "suspend", "expel", "lift"]


class Clock:
    """Generator of one tick every ``tick_ms``, from the start of the run to its end."""

    def __init__(self, scenario: Scenario, queue: EventQueue) -> None:
        self._scenario = scenario
        self._queue = queue
        self._next = scenario.start_ms

    def until(self, now: int) -> None:
        """Add the ticks before ``now`` to the event queue."""
        while self._next < now:
            self._queue.tick(Tick(event_id=f"tick{self._next}", occurred_at=self._next))
            self._next += self._scenario.tick_ms


def add_sanctions(scenario: Scenario, queue: EventQueue) -> None:
    """Add sanctions for five parties in the first half of the run. All but the expulsion are lifted later."""
    sanctioned: tuple[tuple[Action, str], ...] = (
        ("suspend", f"promoter:{promoter_id(20)}"),
        ("freeze", f"promoter:{promoter_id(31)}"),
        ("stop_settlement", f"merchant:{merchant_id(5)}"),
        ("freeze", "agency:ag04"),
        ("expel", f"promoter:{promoter_id(42)}"),
    )
    for number, (action, party) in enumerate(sanctioned):
        at = scenario.at(2 + number, 12)
        queue.add("governance", party, _sanction(f"eg{number}", at, party, action))
        if action != "expel":
            at = scenario.at(7 + number, 12)
            queue.add("governance", party, _sanction(f"eg{number}-lift", at, party, "lift"))


def _sanction(event_id: str, at: int, party: str, action: Action) -> Sanction:
    return Sanction(
        event_id=event_id, occurred_at=at, party=party, action=action, effective_from=at, reason="simulated"
    )


def add_task_reports(scenario: Scenario, queue: EventQueue) -> None:
    """Add task reports of both parties of the magpie_bridge campaign, spread evenly over the run."""
    for number in range(_REPORTS):
        promoter, merchant = MAGPIE_PARTIES
        report = TaskReport(
            event_id=f"et{number}",
            occurred_at=scenario.at(number, _REPORTS) + number,
            campaign_id=MAGPIE,
            party=merchant if number % 4 == 0 else promoter,
            metric="investment" if number % 4 == 0 else ("task", "growth_task", "dispatched")[number % 3],
            value=10_000 if number % 4 == 0 else 1 + number % 3,
        )
        queue.add("tasks", MAGPIE, report)

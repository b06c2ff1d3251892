"""What is published: a seed gives the same clicks, entries and orders whenever it is asked, but for their dates."""

from time import time
from typing import Final

from attribution.commands.simulate import Scenario, simulate
from attribution.engine.producer_record import ProducerRecord

_DAY_MS: Final = 86_400_000
_DAYS_AGO: Final = 10


def traffic(events: int, seed: int = 1) -> list[ProducerRecord]:
    """Return two days of traffic from ten days ago: within the horizon of today's ticks, which settle some of it.

    It begins at midnight: shops are busier at some hours than at others.
    """
    today_ms = int(time()) * 1000 // _DAY_MS * _DAY_MS
    scenario = Scenario(
        seed=seed,
        events=events,
        buyers=max(50, events // 20),
        rooms=12,
        hours=48,
        start_ms=today_ms - _DAYS_AGO * _DAY_MS,
    )
    return list(simulate(scenario))

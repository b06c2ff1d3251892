"""Traffic to publish: the same seed gives the same clicks, entries and orders, apart from their dates."""

from time import time
from typing import Final

from attribution.commands.simulate import Scenario, simulate
from attribution.engine.producer_record import ProducerRecord

_DAY_MS: Final = 86_400_000
_DAYS_AGO: Final = 10


def traffic(events: int, seed: int = 1) -> list[ProducerRecord]:
    """Return two days of traffic that begin ten days ago.

    Today's ticks settle some of it, and all of it is within their horizon. It begins at midnight, since shops
    are busier at some hours than at others.
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

"""The plan of a seed: sizes, ways of feeding, rate of faults."""

import random
from typing import Final, NamedTuple

_REKEYABLE: Final = ("clicks", "room-entries", "orders")


class Plan(NamedTuple):
    """``whole``: all input is written before the start. ``late``: it arrives out of order, with copies."""

    seed: int
    partitions: int
    hosts: int
    orders: int
    rekeyed: frozenset[str]
    on_disk: bool
    whole: bool
    late: bool
    transactional: bool
    cache_touches: int | None
    sweep_outputs: int
    step_records: int
    processed_at_once: int
    fetched: int
    batch: int
    held_back: int
    slowness: float
    faults: bool
    fault_every: int
    loses_percent: float


def plan_of(seed: int) -> Plan:
    """Return the plan of a seed; a third of the seeds has all input before the start."""
    chance = random.Random(f"plan {seed}")  # noqa: S311 - a plan, the same for the same seed
    pick = chance.choice
    on_disk, whole = chance.random() < 0.6, chance.random() < 0.35
    return Plan(
        seed=seed,
        partitions=pick((1, 2, 2, 3, 4)),
        hosts=pick((1, 1, 2, 2, 3)),
        orders=pick((3, 6, 10, 16)),
        rekeyed=frozenset(name for name in _REKEYABLE if chance.random() < 0.3)
        if pick((True, False))
        else frozenset(),
        on_disk=on_disk,
        whole=whole,
        late=not whole and chance.random() < 0.6,
        transactional=pick((True, False)),
        cache_touches=pick((3, 10, 50, 1_000)) if on_disk else None,
        sweep_outputs=pick((1, 3, 10, 5_000)),
        step_records=pick((1, 5, 50, 20_000)),
        processed_at_once=pick((1, 7, 50, 500)),
        fetched=pick((1, 5, 20, 200)),
        batch=pick((1, 5, 500)),
        held_back=pick((1, 10, 4_000)),
        slowness=pick((0.001, 0.01, 0.05)),
        faults=chance.random() < 0.9,
        fault_every=pick((300, 1_000, 3_000)),
        loses_percent=pick((0.0, 0.0, 0.3, 1.0)),
    )

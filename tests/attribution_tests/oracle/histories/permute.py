"""Puts a history into another order of arrival."""

import random

from attribution_tests.oracle.reading import Arrival, Identity, identity, is_reference

Name = Identity | tuple[Arrival]


def name(arrival: Arrival) -> Name:
    """Return what must stay in order: of clashing records the first read must stay the first."""
    return (arrival,) if is_reference(arrival) else identity(arrival)


def shuffled(arrivals: list[Arrival], seed: int) -> list[Arrival]:
    """Permute the arrivals and repeat about one in eight; the expected outputs stay the same."""
    chance = random.Random(seed)  # noqa: S311 - test data, the same for the same seed
    queues: dict[Name, list[Arrival]] = {}
    for arrival in arrivals:
        times = 2 if chance.randrange(8) == 0 else 1
        queues.setdefault(name(arrival), []).extend([arrival] * times)
    turns = [one for one, queue in queues.items() for _ in queue]
    chance.shuffle(turns)
    return [queues[turn].pop(0) for turn in turns]

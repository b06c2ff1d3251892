"""The same history in another order of arrival."""

import random

from .reading import Arrival, Identity, identity, is_reference

Name = Identity | tuple[Arrival]


def name(arrival: Arrival) -> Name:
    """Records of one name keep their order, so that the first read of clashing ones stays the first."""
    return (arrival,) if is_reference(arrival) else identity(arrival)


def shuffled(arrivals: list[Arrival], seed: int) -> list[Arrival]:
    """Permutes the arrivals and repeats about one in eight of them; what is expected stays the same."""
    chance = random.Random(seed)  # noqa: S311 - test data, the same for the same seed
    queues: dict[Name, list[Arrival]] = {}
    for arrival in arrivals:
        times = 2 if chance.randrange(8) == 0 else 1
        queues.setdefault(name(arrival), []).extend([arrival] * times)
    turns = [one for one, queue in queues.items() for _ in queue]
    chance.shuffle(turns)
    return [queues[turn].pop(0) for turn in turns]

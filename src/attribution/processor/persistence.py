"""What the state persists, and the limits of the state and of a unit of work."""

from typing import Final, NamedTuple


class Persistence(NamedTuple):
    """What is written to the store. The rest stays decoded in memory, or is read again from its topic."""

    interactions: bool
    orders: bool
    versions: bool


NOTHING: Final = Persistence(interactions=False, orders=False, versions=False)
EVERYTHING: Final = Persistence(interactions=True, orders=True, versions=True)


class Limits(NamedTuple):
    """Limits of the state and of a unit of work.

    ``cache_touches`` is how many touches stay decoded (None: all). ``order_age_ms`` is how long a finished
    order stays in the state. A sweep pauses at ``sweep_outputs`` output records (None: never).
    """

    cache_touches: int | None
    order_age_ms: int
    sweep_outputs: int | None = None

"""The row of a sweep: its cause, and how far it is."""

from typing import Protocol, TypeAlias

import msgspec

from attribution.domain.steps.ports import DependentOrder
from attribution.domain.steps.sweeps.tick_passed import TickPassed
from attribution.domain.steps.sweeps.version_read import VersionRead

StoredCause: TypeAlias = VersionRead | TickPassed


class Sweep(msgspec.Struct, frozen=True, array_like=True):
    """The cause of a sweep, and the last order that is finished. It is part of the state."""

    cause: StoredCause
    done_to: DependentOrder | None = None


class SweepState(Protocol):
    """The state of sweeps: the one under way, or None."""

    sweep: Sweep | None

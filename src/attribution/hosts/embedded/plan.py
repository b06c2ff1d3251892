"""The plan of a run, made from the settings."""

from pathlib import Path
from typing import NamedTuple

from attribution.config import Settings
from attribution.domain.records.fields import DAY_MS
from attribution.domain.records.reference import Policy
from attribution.domain.references.default_policy import DEFAULT_POLICY


class Plan(NamedTuple):
    """What to run.

    ``input`` is a directory, a file, or ``-`` for standard input. ``state`` is a SQLite file, or None for
    memory.
    """

    input: str
    output: Path
    state: Path | None
    default_policy: Policy
    step_records: int
    cache_touches: int
    sqlite_cache_bytes: int
    memory_limit_bytes: int
    order_age_ms: int
    follow: bool = False
    replace: bool = False


def plan_of(settings: Settings, input_: str, output: Path) -> Plan:
    """Return a plan that processes an input once, with the state in memory."""
    return Plan(
        input=input_,
        output=output,
        state=None,
        default_policy=DEFAULT_POLICY,
        step_records=settings.run.step_records,
        cache_touches=settings.state.cache_touches,
        sqlite_cache_bytes=settings.state.sqlite_cache_mb << 20,
        memory_limit_bytes=settings.memory.limit_mb << 20,
        order_age_ms=settings.state.order_age_days * DAY_MS,
    )

"""Reads the clickstream as sessions of steps, in order of time."""

import csv
import gzip
import io
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Final

DATA_FILE: Final = "ecom.csv.gz"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One event of the source; ``at`` is milliseconds since the epoch, with source timestamps read as UTC."""

    event: str
    at: int


@dataclass(frozen=True, slots=True)
class Session:
    """The events of a user's session."""

    session_id: str
    user_id: str
    platform: str
    channel: str
    lifecycle: str
    steps: tuple[FunnelStep, ...]

    @property
    def began_at(self) -> int:
        """The time of the first step."""
        return self.steps[0].at


def sessions() -> tuple[Session, ...]:
    """Return all sessions, sorted by (start, id)."""
    by_id: dict[str, list[dict[str, str]]] = defaultdict(list)
    packed = files("attribution.commands.demo.data").joinpath(DATA_FILE).read_bytes()
    for row in csv.DictReader(io.StringIO(gzip.decompress(packed).decode())):
        by_id[row["session_id"]].append(row)
    read = (_session(session_id, rows) for session_id, rows in by_id.items())
    return tuple(sorted(read, key=lambda session: (session.began_at, session.session_id)))


def _session(session_id: str, rows: list[dict[str, str]]) -> Session:
    first = rows[0]
    steps = sorted(
        (FunnelStep(row["event"], _milliseconds(row["timestamp"])) for row in rows), key=lambda step: step.at
    )
    return Session(
        session_id=session_id,
        user_id=first["user_id"],
        platform=first["platform"],
        channel=first["acquisition_channel"],
        lifecycle=first["user_lifecycle"],
        steps=tuple(steps),
    )


def _milliseconds(timestamp: str) -> int:
    return (datetime.fromisoformat(timestamp).replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)

"""Times as people write them: ISO 8601 (UTC+08:00 unless a zone is named), or epoch milliseconds."""

import re
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

HOME: Final = timezone(timedelta(hours=8))
"""The zone of a date or time that names none (contract, conventions)."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_INTEGER: Final = re.compile(r"[+-]?[0-9]+", re.ASCII)
_DATE_FIRST: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def ms_of(text: str) -> int:
    """Parse a time.

    Args:
        text: milliseconds (``1602172800000``), a date (``2020-10-09``: midnight at UTC+08:00), or a date and
            time with or without a zone (``2020-10-09T08:30``, ``2020-10-09 00:30:00Z``).

    Returns:
        Milliseconds since the epoch, UTC.

    Raises:
        ValueError: the text is none of these.

    >>> ms_of("2020-10-09"), ms_of("2020-10-08T16:00:00Z"), ms_of("1602172800000")
    (1602172800000, 1602172800000, 1602172800000)
    """
    text = text.strip()
    if _INTEGER.fullmatch(text):
        return int(text)
    if not _DATE_FIRST.match(text):
        raise ValueError(f"not a time: {text}")
    moment = datetime.fromisoformat(text)
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=HOME)
    return (zoned - _EPOCH) // _MILLISECOND


def iso_of(ms: int) -> str:
    """Return a time between 2010 and 2100 as ISO 8601 text at UTC+08:00.

    >>> iso_of(1602172800000)
    '2020-10-09T00:00:00+08:00'
    """
    moment = (_EPOCH + ms * _MILLISECOND).astimezone(HOME)
    return moment.isoformat(timespec="milliseconds" if ms % 1000 else "seconds")


def now_ms() -> int:
    """Return the time of the machine's clock in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000

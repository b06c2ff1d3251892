"""Logs on standard error: one line per event, as JSON or for a console, with times in UTC.

Logs never contain ids of buyers, orders, clicks, links, events, touches or refunds: such fields are removed
from each line.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import orjson
import structlog

from attribution.config.settings import Log, LogFormat, LogLevel

_PERSONAL: Final = frozenset(
    {"buyer_id", "order_id", "click_id", "link_id", "event_id", "touch_id", "refund_id"}
)
_LEVELS: Final[dict[LogLevel, int]] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def configure_logs(settings: Log, *, quiet: bool = False) -> None:
    """Set up logging for this process; ``quiet`` drops everything below a warning."""
    level = max(_LEVELS[settings.level], logging.WARNING if quiet else 0)
    structlog.configure(
        processors=[
            _without_ids,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_renderers(settings.format or _default_format()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Look up standard error for each logger: a progress bar replaces it for a while.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


class _ToStructlog(logging.Handler):
    """Writes the log records of libraries in the format of this program."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record with the name of its logger."""
        level = "error" if record.levelno >= logging.ERROR else "warning"
        getattr(structlog.get_logger(), level)(record.getMessage()[:500], logger=record.name)


def route_library_logs() -> None:
    """Show warnings of libraries in the format of this program, without those that are normal with Kafka.

    The broker refuses a produce request for some milliseconds after a commit, and a heartbeat during a
    rebalance. The client repeats both.
    """
    logging.basicConfig(handlers=[_ToStructlog()], level=logging.WARNING, force=True)
    for name in ("aiokafka.producer.sender", "aiokafka.consumer.group_coordinator"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _default_format() -> LogFormat:
    return "console" if sys.stderr.isatty() else "json"


def _renderers(log_format: LogFormat) -> list[structlog.typing.Processor]:
    if log_format == "console":
        return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    return [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(serializer=_json)]


def _json(event: Any, **options: Any) -> str:
    return orjson.dumps(event, **options).decode()


def _without_ids(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in _PERSONAL & event.keys():
        del event[name]
    return event

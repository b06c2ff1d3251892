"""Logs on standard error: one line an event of interest, as JSON or for a console; times are UTC.

Ids of buyers, orders and what they did never get into a log: a line that names one loses it.
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
    """Set up logging for this process; ``quiet`` keeps what is less than a warning out."""
    level = max(_LEVELS[settings.level], logging.WARNING if quiet else 0)
    structlog.configure(
        processors=[
            _without_ids,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_renderers(settings.format or _default_format()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Standard error is looked up for each logger: a progress bar takes its place for a while.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


class _ToStructlog(logging.Handler):
    """Has what libraries log look like our own lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, with the name of its logger."""
        level = "error" if record.levelno >= logging.ERROR else "warning"
        getattr(structlog.get_logger(), level)(record.getMessage()[:500], logger=record.name)


def route_library_logs() -> None:
    """Show warnings of libraries as our own lines, less those that are everyday life with Kafka.

    A produce request right behind a commit is refused for some milliseconds, and a heartbeat during a rebalance;
    both are repeated.
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

"""Commands that run classes from Kafka's jars."""

import shutil
from pathlib import Path
from typing import Final

from attribution_tests.kafka_broker.errors import INSTALL, NoKafkaError
from attribution_tests.kafka_broker.jars import kafka_jars

_HEAP: Final = "-Xmx512m"
_COLLECTOR: Final = "-XX:+UseSerialGC"
_QUIET: Final = "-Dlog4j2.level=WARN"
"""With only a level, log4j writes to standard output and needs no configuration file."""
_SOON_OVER: Final = "-XX:TieredStopAtLevel=1"


def server(settings: Path) -> list[str]:
    """Return the command that runs a broker with a settings file."""
    return [*_java(), "kafka.Kafka", str(settings)]


def storage_tool(*arguments: str) -> list[str]:
    """Return the command that runs Kafka's storage tool, which prepares a broker's data folder."""
    return [*_java(_SOON_OVER), "kafka.tools.StorageTool", *arguments]


def _java(*options: str) -> list[str]:
    if shutil.which("java") is None:
        raise NoKafkaError(f"A local Kafka broker needs Java, which is missing. {INSTALL}")
    return ["java", _HEAP, _COLLECTOR, _QUIET, *options, "-cp", f"{kafka_jars()}/*"]

"""The output of the steps, collected in a unit of work."""

import base64
from time import perf_counter
from typing import Final

import msgspec

from attribution.domain.ingest.refusal import Refusal
from attribution.domain.records.outputs import DeadLetter
from attribution.domain.steps.ports import Received
from attribution.engine.unit_of_work import OutputRecord, UnitOfWork

_MAX_VALUE_BYTES: Final = 64 * 1024
_ENCODE: Final = msgspec.json.Encoder().encode


class UnitOutput:
    """Adds what the steps emit to a unit of work. A sweep pauses at ``most`` output records (None: never)."""

    def __init__(self, unit: UnitOfWork, most: int | None) -> None:
        self._unit = unit
        self._most = most

    def emit(self, topic: str, key: str | None, record: msgspec.Struct) -> None:
        """Write a record to an output topic."""
        began = perf_counter()
        self._unit.outputs[topic].append(OutputRecord(key, _ENCODE(record)))
        self._unit.encode_seconds += perf_counter() - began

    def count(self, measure: str, label: str = "", amount: int = 1) -> None:
        """Add to a measure."""
        self._unit.counts[measure, label] += amount

    def is_full(self) -> bool:
        """Return whether the unit of work is full, so that a sweep pauses."""
        return self._most is not None and sum(map(len, self._unit.outputs.values())) >= self._most

    def refuse(self, topic: str, received: Received, refusal: Refusal) -> None:
        """Write a dead letter."""
        self.count("dead_letters", refusal.code)
        letter = DeadLetter(
            topic=topic,
            partition=received.partition,
            offset=received.offset,
            timestamp=received.timestamp,
            code=refusal.code,
            detail=refusal.detail,
            key=received.key,
            value=base64.b64encode(received.value[:_MAX_VALUE_BYTES]).decode(),
            value_bytes=len(received.value),
        )
        self.emit("dead-letters", topic, letter)

"""Ticks: the owner of task 0 writes one per second, so that a replay sees the same time as a live run."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaProducer

from attribution.domain.records.events import Tick
from attribution.streams.clients.health import within

_EVERY_MS: Final = 1_000
_HOPELESS_SECONDS: Final = 60.0
"""After this long the worker fails. Without ticks, time stops for every worker; another one may succeed."""


class Ticks:
    """Writes ticks while this worker owns task 0."""

    def __init__(self, options: Mapping[str, Any], topic: str, has_task: Callable[[], bool]) -> None:
        self._topic = topic
        self._has_task = has_task
        self._producer = AIOKafkaProducer(**options, enable_idempotence=True)

    async def write(self) -> None:
        """Write a tick at each full second, until cancelled.

        Raises:
            KafkaError: a tick can't be written.
            TimeoutError: a tick could not be written for a minute.
        """
        await self._producer.start()
        try:
            while True:
                now = time.time_ns() // 1_000_000
                await asyncio.sleep((_EVERY_MS - now % _EVERY_MS) / 1000)
                if self._has_task():
                    await self._write(-(-now // _EVERY_MS) * _EVERY_MS)
        finally:
            await self._producer.stop()

    async def _write(self, at: int) -> None:
        """Write the tick of a time (ms). Any other worker that writes it writes the same record."""
        tick = msgspec.json.encode(Tick(event_id=str(at), occurred_at=at))
        async with within(_HOPELESS_SECONDS, "writing a tick"):
            await self._producer.send_and_wait(self._topic, tick, key=str(at).encode(), timestamp_ms=at)

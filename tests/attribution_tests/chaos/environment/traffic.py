"""Publish the log, all at once or at a rate."""

import asyncio
from threading import Event, Thread
from time import monotonic
from typing import Final, Self

from attribution.config.kafka_clients import client_options
from attribution.engine.producer_record import ProducerRecord
from attribution.streams.clients.publisher import publishing
from attribution_tests.chaos.environment.waiting import until
from attribution_tests.kafka_deployment.deployed import Deployed

_SLICES_A_SECOND: Final = 10


class Live:
    """Publish records: all at once, or at a rate in a background thread inside the ``with`` block.

    Attributes:
        published: The number of records published so far.
    """

    def __init__(self, deployed: Deployed, records: list[ProducerRecord], rate: int | None) -> None:
        self.published = 0
        self._deployed = deployed
        self._records = records
        self._rate = rate
        self._is_over = Event()
        self._failure: BaseException | None = None
        self._thread = Thread(target=self._run, name="live")

    def __enter__(self) -> Self:
        if self._rate is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        if self._rate is not None:
            self._thread.join()

    def publish_all(self) -> None:
        """Publish everything at once."""
        self._deployed.publish(self._records)
        self.published = len(self._records)

    def is_out(self, share: float) -> bool:
        """Return whether a share of the records is published."""
        return self.published >= share * len(self._records)

    def wait_until_published(self, share: float, seconds: float) -> None:
        """Wait until a share of the records is published."""
        until(
            lambda: self.is_out(share) or self._failure is not None,
            seconds,
            lambda: f"{self.published:,} of {len(self._records):,} records published",
        )
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            asyncio.run(self._publish(self._rate or 1))
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            self._failure = error

    async def _publish(self, rate: int) -> None:
        size = max(1, rate // _SLICES_A_SECOND)
        began = monotonic()
        async with publishing(client_options(self._deployed.kafka), self._deployed.names) as publisher:
            while self.published < len(self._records) and not self._is_over.is_set():
                due = self._records[self.published : self.published + size]
                await publisher.publish(due)
                self.published += len(due)
                await asyncio.sleep(max(0.0, began + self.published / rate - monotonic()))

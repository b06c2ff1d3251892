"""All that the engine uses of Faust's private parts. No other module names them.

Each section begins with what it relies on (``PrivateParts``); a test fails when a part changes. Nothing is
replaced in Faust itself: the classes here are subclasses of Faust's, which the app of a worker names.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

import faust
from faust.app import BootStrategy
from faust.tables.manager import TableManager
from faust.transport.base import Transport
from faust.transport.conductor import Conductor
from faust.transport.consumer import Consumer, Fetcher, TransactionManager
from faust.transport.drivers.aiokafka import Producer
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from attribution.streams.private_parts import PrivateParts

_VERSION: Final = "0.15.3"
_NO_ISSUE: Final = "no upstream issue known"

_DELIVERY: Final = PrivateParts(
    (
        "faust.transport.consumer:Fetcher",
        "faust.transport.consumer:Consumer.__init__",
        "faust.transport.consumer:Consumer.track_message",
        "faust.transport.consumer:Consumer.ack",
        "faust.transport.consumer:Consumer._drain_messages",
        "faust.transport.consumer:Consumer.on_partitions_revoked",
        "faust.transport.consumer:Consumer.on_partitions_assigned",
        "faust.types.transports:ConsumerT",
        "faust.types.tuples:Message.__init__",
        "faust.types.tuples:ConsumerMessage",
    ),
    "DeliveringConsumer sends whole batches to agents, in the event loop of the worker. Faust reads in a "
    "thread, handles message by message, and acknowledges and commits each.",
    "https://github.com/robinhood/faust/issues/563",
    _VERSION,
)


class DeliveringConsumer(Consumer):
    """A consumer that delivers its messages itself, and whose positions Faust neither sets nor commits."""

    app: Any

    @abstractmethod
    async def deliver(self, is_stopping: Callable[[], bool]) -> None:
        """Pass messages to ``callback`` until ``is_stopping``; Faust logs an error and continues without."""

    async def _drain_messages(self, fetcher: Any) -> None:
        await self.deliver(lambda: self.should_stop or fetcher.should_stop)

    def ack(self, message: Any) -> bool:
        """Forget a message: the tasks commit positions."""
        message.acked = True
        self._unacked_messages.discard(message)
        return True

    async def commit(self, *_: Any, **__: Any) -> bool:
        """Do nothing: the tasks commit."""
        return True

    async def _commit(self, _: Any) -> bool:
        return True

    async def perform_seek(self) -> None:
        """Do nothing: each task knows where its topics resume."""

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Do nothing: each task knows where its topics resume."""
        return {}

    async def _seek(self, partition: TP, offset: int) -> None:
        await self.seek_wait({partition: offset})

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:  # noqa: ASYNC109 - Faust's
        raise NotImplementedError("messages come through deliver")

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        raise NotImplementedError("messages come through deliver")

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)

    async def create_topic(self, *_: Any, **__: Any) -> None:
        """Do nothing: `attribution topics apply` creates topics."""

    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int | None:
        """Refuse: nothing is sent through this consumer."""
        raise NotImplementedError

    def close(self) -> None:
        """Do nothing: ``on_stop`` closes the client."""


def message(tp: TP, value: Any, offset: int, generation_id: int) -> ConsumerMessage:
    """Return a message to deliver; the raw codec passes its value through."""
    return ConsumerMessage(
        topic=tp.topic,
        partition=tp.partition,
        offset=offset,
        timestamp=0.0,
        timestamp_type=0,
        headers=None,
        key=None,
        value=value,
        checksum=None,
        tp=tp,
        generation_id=generation_id,
    )


_TRANSPORT: Final = PrivateParts(
    (
        "faust.transport.base:Transport",
        "faust.transport.conductor:Conductor._subscriber",
        "faust.app.base:App._new_transport",
    ),
    "KafkaTransport and ReassignableApp.transport_type give an app a transport with another consumer. Faust "
    "finds transports by URL only, among its own.",
    _NO_ISSUE,
    _VERSION,
)


class KafkaTransport(Transport):
    """A transport of Faust's parts; a subclass names its ``Consumer``."""

    Producer = Producer
    Fetcher = Fetcher
    Conductor = Conductor
    TransactionManager = TransactionManager
    driver_version = "aiokafka"


_REBALANCE: Final = PrivateParts(
    (
        "faust.app.base:App._on_partitions_assigned",
        "faust.app.base:App._on_partitions_revoked",
        "faust.app.base:App._stop_consumer",
        "faust.app.base:App._stop_fetcher",
        "faust.app.base:App._fetcher",
        "faust.app.base:App.on_rebalance_return",
        "faust.app.base:App.on_rebalance_end",
        "faust.tables.manager:TableManager",
    ),
    "Reassignment stands in for the tables, and ReassignableApp ends a rebalance when partitions are assigned. "
    "Faust's tables keep an app in a rebalance, without any records, until all their state is restored. They "
    "also start and stop the fetcher, and tell Faust when to subscribe.",
    _NO_ISSUE,
    _VERSION,
)


class Reassignment(TableManager):
    """In place of Faust's tables: ``take_over`` is called with the partitions that are assigned."""

    app: Any

    async def take_over(self, assigned: set[TP]) -> None:
        """Make these partitions the ones that are worked on; records are fed afterwards."""
        raise NotImplementedError

    async def on_start(self) -> None:
        """Declare the tables ready, so that Faust subscribes to the topics."""
        self._tables_finalized.set()
        self._tables_registered.set()

    async def on_stop(self) -> None:
        """Stop fetching."""
        await self.app._fetcher.stop()

    def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Do nothing: the consumer has suspended the tasks."""

    async def on_rebalance(self, assigned: set[TP], *_: Any) -> None:
        """Take over the partitions and resume; a restore continues in the background."""
        await self.take_over(assigned)
        self.app.flow_control.resume()
        self.app.consumer.resume_flow()
        await self.app._fetcher.maybe_start()

    async def wait_until_recovery_completed(self) -> bool:
        """Return at once: nothing has to wait."""
        return False


_DIRECTORIES: Final = PrivateParts(
    ("faust.app.base:App._create_directories",),
    "ReassignableApp creates no directories. Faust creates them for tables even if there are none, and they "
    "may not be writable.",
    "https://github.com/faust-streaming/faust/issues/654",
    _VERSION,
)


class _Boot(BootStrategy):
    enable_kafka_producer = False
    enable_web = False


class ReassignableApp(faust.App):
    """An app whose rebalances end at once; a subclass names its ``transport_type``."""

    BootStrategy = _Boot
    transport_type: ClassVar[type[KafkaTransport]]

    def on_rebalance_return(self) -> None:
        """End the rebalance: Faust would wait for the restore, which continues in the background."""
        super().on_rebalance_return()
        self.on_rebalance_end()

    def _new_transport(self) -> KafkaTransport:
        return self.transport_type(self.conf.broker_consumer, self)

    def _create_directories(self) -> None:
        pass


RELIED_ON: Final = (_DELIVERY, _TRANSPORT, _REBALANCE, _DIRECTORIES)
"""All private parts of Faust that the engine relies on."""

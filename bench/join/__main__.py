"""Runs the join until SIGTERM. The environment names broker, topics and group (bench/peers/README.md)."""

import asyncio
import os
import signal
from functools import partial
from typing import Final

import uvloop
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from attribution.config.kafka_clients import client_options
from attribution.config.settings import Kafka
from attribution.engine.process_memory import collect_seldom
from attribution.engine.stores.memory import MemoryStore
from attribution.streams.clients.aiokafka_internals import install_batch_fetcher
from attribution.streams.group.app import Membership, build_app, resume
from attribution.streams.names import Names
from attribution.streams.task.context import TaskContext
from attribution.streams.task.restore import reader_of
from attribution.streams.task.task_set import TaskSet
from attribution.streams.task.transaction import Transactions
from bench.join.job import CLICKS, COMMISSIONS, ENTRIES, ORDERS, JoinJob

STEP_RECORDS: Final = 100_000
TRANSACTION_TIMEOUT_MS: Final = 10_000
_TOPICS: Final = {CLICKS: "IN_CLICKS", ENTRIES: "IN_ROOM_ENTRIES", ORDERS: "IN_ORDERS", COMMISSIONS: "OUT"}


class PeerNames(Names):
    """Names that use the topics of the runner."""

    def topic(self, name: str) -> str:
        """Return the runner's name of a topic."""
        return os.environ[_TOPICS[name]]


async def main() -> None:
    """Run until SIGTERM or a failure."""
    kafka = Kafka(bootstrap=os.environ["BOOTSTRAP"], application=os.environ["GROUP"])
    options, names = client_options(kafka), PeerNames(kafka.application, "")
    partitions = int(os.environ["PARTITIONS"])
    await create(names.changelog, partitions, kafka)
    context = TaskContext(
        names=names,
        options=options,
        partitions=partitions,
        job=JoinJob(),
        open_store=lambda *_: MemoryStore(),
        open_reader=partial(reader_of, options),
        open_transactions=lambda name: Transactions(options, name, names.group, TRANSACTION_TIMEOUT_MS),
        step_records=STEP_RECORDS,
        commit_interval=int(os.environ.get("COMMIT_INTERVAL_MS", "1000")) / 1000,
    )
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    failures: list[BaseException] = []

    def fail(error: BaseException) -> None:
        failures.append(error)
        stopping.set()

    app = build_app(context, Membership(None, kafka.session_timeout_ms, kafka.heartbeat_interval_ms))
    app.tasks = TaskSet(
        context,
        partial(resume, app, context),
        lambda *_: None,
        fail,
    )
    install_batch_fetcher()
    collect_seldom()
    await app.start()
    await stopping.wait()
    await app.tasks.close(commit=not failures)
    if failures:
        raise failures[0]
    os._exit(0)


async def create(topic: str, partitions: int, kafka: Kafka) -> None:
    """Create the changelog."""
    admin = AIOKafkaAdminClient(**client_options(kafka))
    await admin.start()
    try:
        await admin.create_topics(
            [NewTopic(topic, partitions, 1, topic_configs={"cleanup.policy": "compact"})]
        )
    finally:
        await admin.close()


if __name__ == "__main__":
    uvloop.run(main())

"""The Faust app: its agents feed each batch to the task of the batch's partition."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import faust
from faust.types import TP

from attribution.streams.batch import Batch
from attribution.streams.group.faust_internals import ReassignableApp
from attribution.streams.group.transport import BatchConsumer, BatchTransport, TaskTables
from attribution.streams.task.context import TaskContext
from attribution.streams.task.task import Task
from attribution.streams.task.task_set import TaskSet


class TaskApp(ReassignableApp):
    """A Faust app that feeds records to ``tasks`` in batches; tasks have their own producers."""

    transport_type = BatchTransport
    tasks: TaskSet
    consumer_options: dict[str, Any]

    def check(self) -> None:
        """Check that the work in the background continues.

        Raises:
            KafkaError: the consumer has stopped working, or the group refuses it.
            Exception: the error that ended one of Faust's services.
        """
        if self.crash_reason is not None:
            raise self.crash_reason
        assert isinstance(self.consumer, BatchConsumer)  # noqa: S101
        self.consumer.check()


@dataclass(frozen=True, slots=True)
class Membership:
    """A worker's membership of its group; ``instance_id`` is for static membership, times are in ms."""

    instance_id: str | None
    session_timeout_ms: int
    heartbeat_interval_ms: int


def build_app(context: TaskContext, membership: Membership) -> TaskApp:
    """Return the app with its agents declared; set its ``tasks`` before it starts."""
    app = TaskApp(
        context.names.group,
        broker=f"kafka://{context.options['bootstrap_servers'].replace(',', ';kafka://')}",
        store="memory://",
        web_enabled=False,
        value_serializer="raw",
        key_serializer="raw",
        topic_disable_leader=True,
        topic_allow_declare=False,
        stream_wait_empty=False,
        broker_session_timeout=membership.session_timeout_ms / 1000,
        TableManager=TaskTables,
    )
    app.consumer_options = _consumer_options(context, membership)
    for agent, topics in context.job.agents.items():
        names = [context.on_broker(topic) for topic in topics]
        channel = app.topic(*names, key_serializer="raw", value_serializer="raw")
        app.agent(channel, name=agent)(_handler(agent, app))
    return app


def resume(app: TaskApp, context: TaskContext, task: Task) -> None:
    """Start to feed a restored task from its positions."""
    consumer = app.consumer
    assert isinstance(consumer, BatchConsumer)  # noqa: S101
    consumer.resume_at(
        {
            TP(context.on_broker(topic), task.partition): task.steps.next_offset(topic)
            for topic in context.read_by_partition()
        }
    )


def _handler(agent: str, app: TaskApp) -> Callable[[Any], Any]:
    async def hand_on(batches: faust.StreamT[Batch]) -> None:
        async for batch in batches:
            app.tasks.feed(agent, batch)

    return hand_on


def _consumer_options(context: TaskContext, membership: Membership) -> dict[str, Any]:
    return {
        **context.options,
        "group_id": context.names.group,
        "group_instance_id": membership.instance_id,
        "enable_auto_commit": False,
        "auto_offset_reset": "none",
        "isolation_level": "read_committed",
        "session_timeout_ms": membership.session_timeout_ms,
        "heartbeat_interval_ms": membership.heartbeat_interval_ms,
        "rebalance_timeout_ms": membership.session_timeout_ms,
        "max_poll_interval_ms": 2**31 - 1,
        "max_partition_fetch_bytes": 1 << 20,
        "fetch_max_wait_ms": 500,
    }

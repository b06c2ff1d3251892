"""Checks the topics before a worker starts."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from attribution.domain.records.fields import DAY_MS
from attribution.errors import ConfigurationError, UnavailableError
from attribution.hosts.kafka.published_policies import under_published_policies
from attribution.streams.clients.admin import ActualTopic, connected
from attribution.streams.task.context import TaskContext

_RETENTION: Final = "retention.ms"


async def check_before_start(context: TaskContext) -> TaskContext:
    """Check the topics as ``check_topics`` does, under every policy version that was published."""
    found = await _find(context)
    return _checked(await under_published_policies(context), found)


async def check_topics(context: TaskContext) -> TaskContext:
    """Check the topics. Return the context with their number of partitions, which is the number of tasks.

    Raises:
        UnavailableError: a topic is missing, or no broker answers.
        ConfigurationError: topics that are read together differ in partitions, or retention is too short.
    """
    return _checked(context, await _find(context))


def _together(context: TaskContext) -> list[str]:
    return [*map(context.on_broker, context.read_by_partition()), context.names.changelog]


async def _find(context: TaskContext) -> Mapping[str, ActualTopic]:
    others = map(context.on_broker, (*context.job.global_topics, *context.job.outputs))
    needed = [*_together(context), *others]
    async with connected(context.options) as cluster:
        found = await cluster.topics(needed)
    missing = [name for name in needed if name not in found]
    if missing:
        raise UnavailableError(
            f"topics are missing: {', '.join(missing)}; "
            "run: attribution topics apply (see attribution topics plan)"
        )
    return found


def _checked(context: TaskContext, found: Mapping[str, ActualTopic]) -> TaskContext:
    _check_retention(context, found)
    return replace(context, partitions=_common_partitions({name: found[name] for name in _together(context)}))


def check_partitions(before: TaskContext, now: TaskContext) -> None:
    """Check that the number of partitions is the same as when the worker started.

    Raises:
        ConfigurationError: it has changed.
    """
    if now.partitions != before.partitions:
        raise ConfigurationError(
            "kafka.partitions",
            f"the topics have {now.partitions} partitions now, but had {before.partitions} when this worker "
            "started: keys no longer match their state; see 'Scale' in docs/operate.md",
        )


def _common_partitions(found: Mapping[str, ActualTopic]) -> int:
    counts = {topic.partitions for topic in found.values()}
    if len(counts) > 1:
        listed = ", ".join(f"{name} has {topic.partitions}" for name, topic in found.items())
        raise ConfigurationError(
            "kafka.partitions",
            f"topics that are read together differ in partitions: {listed}; make them equal",
        )
    return counts.pop()


def _check_retention(context: TaskContext, found: Mapping[str, ActualTopic]) -> None:
    """Refuse topics that delete touches which orders still need, since a task restores touches from them."""
    for topic, needed_ms in context.job.retention_needed_ms.items():
        name = context.on_broker(topic)
        kept_ms = int(found[name].settings.get(_RETENTION, "-1"))
        if 0 <= kept_ms < needed_ms:
            raise ConfigurationError(
                f"{_RETENTION} of {name}",
                f"{kept_ms} ms, but touches matter for {needed_ms} ms "
                f"({-(-needed_ms // DAY_MS)} days) under the packaged and the published policies: raise it to that",
            )

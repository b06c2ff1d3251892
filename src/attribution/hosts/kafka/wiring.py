"""Builds what a worker needs from the settings."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from attribution.config import Settings
from attribution.config.settings import Kafka, State
from attribution.domain.records.fields import DAY_MS
from attribution.domain.references.default_policy import DEFAULT_POLICY
from attribution.engine.stores.memory import MemoryStore
from attribution.engine.stores.rocksdb import RocksStore
from attribution.engine.stores.store import Store
from attribution.hosts.kafka.job import AttributionJob
from attribution.hosts.kafka.names import names_of
from attribution.processor.persistence import Limits, Persistence
from attribution.streams.group.app import Membership
from attribution.streams.task.context import TaskContext
from attribution.streams.task.restore import reader_of
from attribution.streams.task.transaction import Transactions

_SWEEP_OUTPUTS: Final = 5_000
"""A sweep over many orders is divided into transactions of this many output records."""


def task_context(settings: Settings, options: Mapping[str, Any]) -> TaskContext:
    """Return what the tasks have in common, with ``partitions`` still 0.

    ``options`` are the arguments of all aiokafka clients.
    """
    kafka, names = settings.kafka, names_of(settings.kafka)
    return TaskContext(
        names=names,
        options=options,
        partitions=0,
        job=_job(settings),
        open_store=partial(_open_store, settings.state, names.transactional_id),
        open_reader=partial(reader_of, options),
        open_transactions=lambda name: Transactions(options, name, names.group, kafka.transaction_timeout_ms),
        step_records=settings.run.step_records,
        commit_interval=kafka.commit_interval_ms / 1000,
    )


def membership(kafka: Kafka) -> Membership:
    """Return the settings of a worker's group membership."""
    return Membership(kafka.instance_id, kafka.session_timeout_ms, kafka.heartbeat_interval_ms)


def _job(settings: Settings) -> AttributionJob:
    state = settings.state
    in_memory = state.store == "memory"
    limits = Limits(None if in_memory else state.cache_touches, state.order_age_days * DAY_MS, _SWEEP_OUTPUTS)
    persistence = Persistence(interactions=not in_memory, orders=True, versions=False)
    return AttributionJob(frozenset(settings.kafka.rekey), DEFAULT_POLICY, limits, persistence)


def _open_store(state: State, name_of: Callable[[int], str], partition: int, tasks: int) -> Store:
    if state.store == "memory":
        return MemoryStore()
    name = name_of(partition)
    state.directory.mkdir(parents=True, exist_ok=True)
    return RocksStore(state.directory / name, (state.store_cache_mb << 20) // tasks, name)

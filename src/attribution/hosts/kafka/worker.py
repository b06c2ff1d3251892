"""A worker: checks what it is given, joins the group, works until told to stop or until something fails."""

import asyncio
import os
from collections.abc import Coroutine, Mapping
from functools import partial
from threading import Timer
from typing import Any, Final

import structlog

from attribution.commands.reference.default_policy import default_policy
from attribution.config import Settings
from attribution.config.kafka_clients import client_options
from attribution.domain.records.fields import DAY_MS
from attribution.engine.process_memory import collect_seldom
from attribution.engine.stores.memory import MemoryStore
from attribution.engine.stores.rocksdb import RocksStore
from attribution.engine.stores.store import Store
from attribution.hosts.kafka.job import AttributionJob
from attribution.hosts.kafka.preflight import checked
from attribution.hosts.kafka.supervision import supervise_clients, supervise_topics
from attribution.hosts.kafka.ticks import Ticks
from attribution.hosts.kafka.worker_metrics import WorkerMetrics
from attribution.processor.attribute_state import Keeping
from attribution.processor.processor import Limits
from attribution.streams.clients.consumer import install_batch_fetcher
from attribution.streams.clients.errors import translate_kafka_errors
from attribution.streams.clients.health import stop_within
from attribution.streams.group.app import TaskApp, build_app, resume
from attribution.streams.names import names_of
from attribution.streams.task.context import TaskContext
from attribution.streams.task.restore import reader_of
from attribution.streams.task.task_set import TaskSet
from attribution.streams.task.transaction import Transactions

_log = structlog.get_logger()
_SWEEP_OUTPUTS: Final = 5_000
"""A sweep over many orders is cut into transactions of so many records."""
_BESIDE_SECONDS: Final = 1.0
_CLOSE_SECONDS: Final = 6.0
_LEAVE_SECONDS: Final = 2.0
"""For what nothing depends on: the group notices by itself who has left."""
_ENDS_WITHIN_SECONDS: Final = 9.5
"""More than the three together: whoever fails and hangs would keep its tasks from others as long as it lives."""
_EX_TEMPFAIL: Final = 75


class Worker:
    """One process of a deployment, and its ``observer``."""

    def __init__(self, settings: Settings) -> None:
        self.observer = WorkerMetrics()
        self._settings = settings
        self._failure: BaseException | None = None
        self._stopping = asyncio.Event()
        self.tasks: TaskSet | None = None

    def stop(self) -> None:
        """Have ``run`` commit what was done, and return; if that hangs the process ends anyhow, with exit code 75."""
        if not self._stopping.is_set():
            self._stopping.set()
            last = Timer(_ENDS_WITHIN_SECONDS, os._exit, [_EX_TEMPFAIL])
            last.daemon = True
            last.start()

    async def run(self) -> None:
        """Work until ``stop`` is called.

        Raises:
            ConfigurationError, UnavailableError: before anything starts.
            AttributionError: what a task failed for; nothing of that step was committed.
        """
        options = client_options(self._settings.kafka)
        context = await self._context(options)
        app = build_app(context, self._settings.kafka)
        tasks = self.tasks = app.tasks = TaskSet(
            context, partial(resume, app, context), self.observer.take, self._fail
        )
        ticks = Ticks(options, context.on_broker("ticks"), lambda: tasks.get(0) is not None)
        install_batch_fetcher()
        collect_seldom()
        with translate_kafka_errors(options):
            await self._serve(app, tasks, ticks, supervise_topics(context))
            if self._failure is not None:
                raise self._failure

    async def _serve(
        self, app: TaskApp, tasks: TaskSet, ticks: Ticks, watching: Coroutine[Any, Any, None]
    ) -> None:
        beside = [self._beside(one) for one in (ticks.write(), self.observer.look(tasks), watching)]
        try:
            await app.start()
            beside.append(self._beside(supervise_clients(app)))
            await self._stopping.wait()
        finally:
            self.stop()
            for one in beside:
                one.cancel()
            await asyncio.wait(beside, timeout=_BESIDE_SECONDS)
            try:
                await asyncio.wait_for(tasks.close(commit=self._failure is None), _CLOSE_SECONDS)
            except Exception as error:  # noqa: BLE001 - told is what came first
                self._failure = self._failure or error
            await stop_within(app.stop(), seconds=_LEAVE_SECONDS)

    def _beside(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        task.add_done_callback(self._note_end)
        return task

    def _fail(self, error: BaseException) -> None:
        _log.error("worker fails", error=type(error).__name__, reason=str(error)[:500])
        self._failure = self._failure or error
        self.stop()

    def _note_end(self, ended: "asyncio.Task[None]") -> None:
        if ended.cancelled():
            if not self._stopping.is_set():
                self._fail(RuntimeError("what goes on beside the tasks was cancelled"))
        elif (error := ended.exception()) is not None:
            self._fail(error)

    async def _context(self, options: Mapping[str, Any]) -> TaskContext:
        kafka, state = self._settings.kafka, self._settings.state
        in_memory = state.store == "memory"
        limits = Limits(
            None if in_memory else state.cache_touches, state.order_age_days * DAY_MS, _SWEEP_OUTPUTS
        )
        keeping = Keeping(moments=not in_memory, orders=True, versions=False)
        context = TaskContext(
            names=names_of(kafka),
            options=options,
            partitions=0,
            job=AttributionJob(frozenset(kafka.rekey), default_policy(), limits, keeping),
            open_store=self._open_store,
            open_reader=partial(reader_of, options),
            open_transactions=lambda name: Transactions(
                options, name, names_of(kafka).group, kafka.transaction_timeout_ms
            ),
            step_records=self._settings.run.step_records,
            commit_interval=kafka.commit_interval_ms / 1000,
        )
        return await checked(context)

    def _open_store(self, partition: int, tasks: int) -> Store:
        state = self._settings.state
        if state.store == "memory":
            return MemoryStore()
        name = names_of(self._settings.kafka).transactional_id(partition)
        state.directory.mkdir(parents=True, exist_ok=True)
        return RocksStore(state.directory / name, (state.store_cache_mb << 20) // tasks, name)

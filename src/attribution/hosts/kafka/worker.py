"""A worker: checks the topics, joins the group, and works until it is stopped or something fails."""

import asyncio
import os
from collections.abc import Coroutine
from functools import partial
from threading import Timer
from typing import Any, Final

import structlog

from attribution.config import Settings
from attribution.config.kafka_clients import client_options
from attribution.engine.process_memory import collect_seldom
from attribution.hosts.kafka.preflight import check_before_start
from attribution.hosts.kafka.supervision import supervise_clients, supervise_topics
from attribution.hosts.kafka.ticks import Ticks
from attribution.hosts.kafka.wiring import membership, task_context
from attribution.hosts.kafka.worker_metrics import WorkerMetrics
from attribution.streams.clients.aiokafka_internals import install_batch_fetcher, install_prompt_connection
from attribution.streams.clients.errors import translate_kafka_errors
from attribution.streams.clients.health import stop_within
from attribution.streams.group.app import TaskApp, build_app, resume
from attribution.streams.task.task_set import TaskSet

_log = structlog.get_logger()
_BACKGROUND_SECONDS: Final = 1.0
_CLOSE_SECONDS: Final = 6.0
_LEAVE_SECONDS: Final = 2.0
"""Short, since nothing depends on it: the group notices by itself that a worker has left."""
_ENDS_WITHIN_SECONDS: Final = 9.5
"""Longer than the three together. Otherwise a worker that fails and hangs would keep its tasks."""
_EX_TEMPFAIL: Final = 75


class Worker:
    """One process of a deployment, and its ``metrics``."""

    def __init__(self, settings: Settings) -> None:
        self.metrics = WorkerMetrics()
        self._settings = settings
        self._failure: BaseException | None = None
        self._stopping = asyncio.Event()
        self.tasks: TaskSet | None = None

    def stop(self) -> None:
        """Make ``run`` commit and return. If that hangs, the process ends with exit code 75."""
        if not self._stopping.is_set():
            self._stopping.set()
            last = Timer(_ENDS_WITHIN_SECONDS, os._exit, [_EX_TEMPFAIL])
            last.daemon = True
            last.start()

    async def run(self) -> None:
        """Work until ``stop`` is called.

        Raises:
            ConfigurationError, UnavailableError: a check failed before anything started.
            AttributionError: a task failed; nothing of that unit of work was committed.
        """
        install_batch_fetcher()
        install_prompt_connection()
        options = client_options(self._settings.kafka)
        context = await check_before_start(task_context(self._settings, options))
        app = build_app(context, membership(self._settings.kafka))
        tasks = self.tasks = app.tasks = TaskSet(
            context, partial(resume, app, context), self.metrics.record, self._fail
        )
        ticks = Ticks(options, context.on_broker("ticks"), lambda: tasks.get(0) is not None)
        collect_seldom()
        with translate_kafka_errors(options):
            await self._serve(app, tasks, ticks, supervise_topics(context))
            if self._failure is not None:
                raise self._failure

    async def _serve(
        self, app: TaskApp, tasks: TaskSet, ticks: Ticks, supervision: Coroutine[Any, Any, None]
    ) -> None:
        background = [self._background(one) for one in (ticks.write(), self.metrics.poll(tasks), supervision)]
        try:
            await app.start()
            background.append(self._background(supervise_clients(app)))
            await self._stopping.wait()
        finally:
            self.stop()
            for one in background:
                one.cancel()
            await asyncio.wait(background, timeout=_BACKGROUND_SECONDS)
            try:
                await asyncio.wait_for(tasks.close(commit=self._failure is None), _CLOSE_SECONDS)
            except Exception as error:  # noqa: BLE001 - the first error is the one to report
                self._failure = self._failure or error
            await stop_within(app.stop(), seconds=_LEAVE_SECONDS)

    def _background(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        task.add_done_callback(self._record_end)
        return task

    def _fail(self, error: BaseException) -> None:
        _log.error("worker fails", error=type(error).__name__, reason=str(error)[:500])
        self._failure = self._failure or error
        self.stop()

    def _record_end(self, ended: "asyncio.Task[None]") -> None:
        if ended.cancelled():
            if not self._stopping.is_set():
                self._fail(RuntimeError("a background task of the worker was cancelled"))
        elif (error := ended.exception()) is not None:
            self._fail(error)

"""Runs the main job with metrics, health, logs and a progress bar."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import structlog

from attribution.commands.run.progress import progress_bar
from attribution.config.settings import Http
from attribution.hosts.embedded.plan import Plan
from attribution.hosts.embedded.run import EmbeddedRun
from attribution.hosts.embedded.totals import RunTotals, StepReport
from attribution.metrics.recorder import MetricsRecorder
from attribution.metrics.server import Health, MetricsServer

_OPENING: Final = Health(is_ready=False, doing="opening input, output and state")
_WORKING: Final = Health(is_ready=True, doing="processing records")
_ENDING: Final = Health(is_ready=False, doing="ending")


class Outcome(NamedTuple):
    """The result of a run; ``paths`` has the file of each output topic."""

    plan: Plan
    totals: RunTotals
    seconds: float
    paths: dict[str, Path]
    has_resumed: bool
    was_stopped: bool


class ObservedRun:
    """One run of the main job on files, with metrics, health, logs and a progress bar."""

    def __init__(self, plan: Plan, http: Http, *, shows_progress: bool) -> None:
        self._plan = plan
        self._http = http
        self._shows_progress = shows_progress
        self._metrics = MetricsRecorder()
        self._totals = RunTotals()
        self._health = _OPENING
        self._log: Any = structlog.get_logger()

    def run(self, should_stop: Callable[[], bool]) -> Outcome:
        """Process the input to its end, or until ``should_stop`` returns true.

        Raises:
            InputError, OutputError, StateError, LimitError: see ``EmbeddedRun``.
        """
        with self._served(), closing(EmbeddedRun(self._plan)) as embedded:
            self._log_start(embedded)
            self._health = _WORKING
            with progress_bar(wanted=self._shows_progress) as show:
                embedded.run(lambda step: self._record(step, show), should_stop)
            self._health = _ENDING
            outcome = Outcome(
                self._plan,
                self._totals,
                self._totals.seconds(),
                embedded.output.paths(),
                embedded.resumed,
                should_stop(),
            )
        self._log_end(outcome)
        return outcome

    def _record(self, step: StepReport, show: Callable[[StepReport], None]) -> None:
        self._totals.add(step)
        self._metrics.observe(step)
        show(step)
        self._log.debug("step committed", records=step.records, seconds=round(sum(step.seconds.values()), 3))

    @contextmanager
    def _served(self) -> Iterator[None]:
        """Serve metrics during the run; if the port is taken, run without them."""
        server = self._open_server()
        try:
            yield
        finally:
            if server is not None:
                server.close()

    def _open_server(self) -> MetricsServer | None:
        host, port = self._http.host, self._http.port
        if not self._http.enabled:
            return None
        try:
            server = MetricsServer(host, port, self._metrics.registry, lambda: self._health)
        except OSError as error:
            reason = error.strerror or error
            self._log.warning(f"metrics not served on {host}:{port} ({reason}), set http.port")
            return None
        self._log.info("metrics served", host=host, port=server.port)
        return server

    def _log_start(self, embedded: EmbeddedRun) -> None:
        plan = self._plan
        self._log.info(
            "run resumed" if embedded.resumed else "run started",
            input=plan.input,
            output=str(plan.output),
            state=str(plan.state) if plan.state else "memory",
            step_records=plan.step_records,
            follow=plan.follow,
        )

    def _log_end(self, outcome: Outcome) -> None:
        if refused := outcome.totals.total("dead_letters"):
            self._log.warning(
                "records refused", dead_letters=refused, file=str(outcome.paths["dead-letters"])
            )
        self._log.info(
            "run stopped" if outcome.was_stopped else "run ended",
            records=outcome.totals.records,
            decisions=outcome.totals.total("decisions"),
            postings=outcome.totals.total("postings"),
            dead_letters=outcome.totals.total("dead_letters"),
            seconds=round(outcome.seconds, 3),
        )

"""A trial: run workers on traffic, inject a fault, then check the output."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, Final

from attribution.config.settings import Kafka
from attribution.engine.producer_record import ProducerRecord
from attribution_tests.chaos.checks.checkers import Violation, check
from attribution_tests.chaos.checks.evidence import evidence_of
from attribution_tests.chaos.checks.watch import Watch
from attribution_tests.chaos.environment.fleet import DEFECTS, Fleet
from attribution_tests.chaos.environment.ground import Ground, one_broker
from attribution_tests.chaos.environment.traffic import Live
from attribution_tests.chaos.environment.waiting import TooLateError
from attribution_tests.kafka_deployment.deployed import Deployed
from attribution_tests.kafka_deployment.traffic import traffic

_READY_SECONDS: Final = 90.0
_RECOVERY_SECONDS: Final = 90.0
_PARTITIONS: Final = 4
NOT_RUN: Final = "not run"
NOT_INJECTED: Final = "not injected"
NOT_TRIED: Final = frozenset({NOT_RUN, NOT_INJECTED})
"""Kinds of violations that say nothing about the output."""
Records = Callable[[list[ProducerRecord], random.Random], list[ProducerRecord]]


def unchanged(records: list[ProducerRecord], _: random.Random) -> list[ProducerRecord]:
    """Return the records unchanged."""
    return records


@dataclass
class Trial:
    """A running trial, as a fault sees it.

    Attributes:
        rounds: How often to inject the fault.
        kills: The number of kills so far.
        recoveries: Seconds from the end of a fault until every task has committed again.
        violations: The violations that the fault itself found.
        is_done: Whether everything is published and processed.
    """

    ground: Ground
    deployed: Deployed
    fleet: Fleet
    watch: Watch
    live: Live
    rng: random.Random
    rounds: int
    kills: int = 0
    recoveries: list[float] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    is_done: bool = False

    def last(self, least: float, most: float | None = None) -> None:
        """Sleep for ``least`` seconds, or for a random time between ``least`` and ``most``."""
        Event().wait(self.rng.uniform(least, most or least))

    def any_worker(self) -> str:
        """Return the name of a random worker."""
        return self.rng.choice(self.fleet.names())

    def wait_until_done(self, seconds: float) -> None:
        """Wait until everything is published, then until it is processed, each within ``seconds``."""
        if not self.is_done:
            self.live.wait_until_published(1.0, seconds)
            self.watch.wait_until_done(seconds)
            self.is_done = True

    def recover(self) -> None:
        """Wait until every task commits again, and record how long that took."""
        self.recoveries.append(self.watch.wait_for_commits(_RECOVERY_SECONDS))

    def demand_progress(self, what: str, seconds: float, tasks: Sequence[int] = range(_PARTITIONS)) -> None:
        """Record a violation unless each of ``tasks`` commits within ``seconds`` during a fault."""
        try:
            self.watch.wait_for_commits(seconds, tasks)
        except TooLateError as error:
            self.violations.append(Violation("no progress", what, str(error)))


Inject = Callable[[Trial], None]


@dataclass(frozen=True)
class Fault:
    """A named kind of fault.

    Attributes:
        inject: Injects the fault and returns when it is over.
        rate: Events per second, published during the fault; None: everything is published before the start.
        add: Adds records to the traffic, or removes some.
        planted: The code, by worker, that the worker's first process runs before its own.
        rounds: How often the fault is injected.
        done_seconds: The time limit for publishing everything, and the limit for processing it after that.
        exits: Exit codes of workers that are no defect here, besides 0 and signals.
        own: Returns a worker's environment variables from the folder of the trial and the worker's name.
    """

    name: str
    what: str
    inject: Inject
    events: int = 60_000
    rate: int | None = 2_000
    workers: tuple[str, ...] = ("a", "b", "c")
    ground: Callable[[Path, Sequence[str]], AbstractContextManager[Ground]] = one_broker
    variables: Mapping[str, str] = field(default_factory=dict)
    add: Records = unchanged
    planted: Mapping[str, str] = field(default_factory=dict)
    exits: frozenset[int] = frozenset()
    rounds: int = 3
    done_seconds: float = 240.0
    own: Callable[[Path, str], dict[str, str]] = lambda _, __: {}


@dataclass
class Result:
    """The result of a trial."""

    fault: str
    seed: int
    records: int = 0
    kills: int = 0
    exits: dict[int, int] = field(default_factory=dict)
    seconds: float = 0.0
    records_per_second: float = 0.0
    recoveries: list[float] = field(default_factory=list)
    orders: int = 0
    violations: list[Violation] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the result as plain JSON values."""
        found = json.loads(json.dumps(self.__dict__))
        found["violations"] = [violation._asdict() for violation in self.violations]
        return dict(found)


def run(
    fault: Fault,
    seed: int,
    folder: Path,
    events: int | None = None,
    ground: AbstractContextManager[Ground] | None = None,
) -> Result:
    """Inject a fault, and check the output.

    Args:
        fault: The fault to inject.
        seed: The seed of the traffic and the schedule.
        folder: A new folder for logs, stores and brokers.
        events: The number of events; the fault's own number if not given.
        ground: Running brokers; those that the fault asks for if not given.
    """
    result = Result(fault.name, seed)
    rng = random.Random(f"{fault.name} {seed}")  # noqa: S311 - the same seed must give the same schedule
    with ExitStack() as stack:
        folder.mkdir(parents=True)
        here = stack.enter_context(ground or fault.ground(folder, fault.workers))
        kafka = Kafka(
            bootstrap=here.bootstrap,
            topic_prefix=f"{fault.name}-{seed}-",
            partitions=_PARTITIONS,
            replication_factor=here.replicas,
        )
        deployed = Deployed(kafka, folder)
        deployed.create_topics()
        records = fault.add(traffic(events or fault.events, seed), rng)
        result.records = len(records)
        _work(fault, here, deployed, records, rng, result)
        evidence = evidence_of(deployed, bytes_too=fault.rate is None)
        result.orders = len(evidence.expected["decisions"])
        result.violations += check(evidence)
    return result


def _work(
    fault: Fault,
    ground: Ground,
    deployed: Deployed,
    records: list[ProducerRecord],
    rng: random.Random,
    result: Result,
) -> None:
    live = Live(deployed, records, fault.rate)
    if fault.rate is None:
        live.publish_all()
    variables = {"ATTRIBUTION_KAFKA__SESSION_TIMEOUT_MS": "3000", **fault.variables}
    with Watch(deployed.kafka) as watch, Fleet(deployed, **variables) as fleet:
        for name in fault.workers:
            door = ground.proxies.get(name)
            own = fault.own(deployed.folder, name)
            if door:
                own |= {"ATTRIBUTION_KAFKA__BOOTSTRAP": door.address}
            fleet.start(name, fault.planted.get(name, ""), **own)
        watch.wait_for_commits(_READY_SECONDS)
        began = monotonic()
        trial = Trial(ground, deployed, fleet, watch, live, rng, fault.rounds)
        with live:
            try:
                fault.inject(trial)
                trial.wait_until_done(fault.done_seconds)
            except TooLateError as error:
                result.violations.append(Violation("not done", fault.name, str(error)))
        result.seconds = monotonic() - began
        for name in fleet.names():
            fleet.stop(name)
        result.violations += _defects(fleet, fault.exits)
    result.violations += trial.violations
    result.kills, result.recoveries, result.exits = trial.kills, trial.recoveries, dict(fleet.exits)
    result.records_per_second = len(records) / result.seconds


def _defects(fleet: Fleet, allowed: frozenset[int]) -> list[Violation]:
    """Return a violation for each exit code that a restart does not fix."""
    return [
        Violation("defect", f"exit code {code}", f"{times} times; see the workers' logs")
        for code, times in fleet.exits.items()
        if code in DEFECTS and code not in allowed
    ]

"""A trial: traffic, workers, a fault while they work, and then everything is checked."""

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
from attribution_tests.chaos.checkers import Violation, check
from attribution_tests.chaos.evidence import evidence_of
from attribution_tests.chaos.fleet import DEFECTS, Fleet
from attribution_tests.chaos.ground import Ground, one_broker
from attribution_tests.chaos.traffic import Live
from attribution_tests.chaos.waiting import TooLateError
from attribution_tests.chaos.watch import Watch
from attribution_tests.kafka_deployment.deployed import Deployed
from attribution_tests.kafka_deployment.traffic import traffic

_READY_SECONDS: Final = 90.0
_RECOVERY_SECONDS: Final = 90.0
_PARTITIONS: Final = 4
NOT_RUN: Final = "not run"
NOT_INJECTED: Final = "not injected"
NOT_TRIED: Final = frozenset({NOT_RUN, NOT_INJECTED})
"""Kinds of violations that say nothing about what was written."""
Records = Callable[[list[ProducerRecord], random.Random], list[ProducerRecord]]


def unchanged(records: list[ProducerRecord], _: random.Random) -> list[ProducerRecord]:
    """Add nothing."""
    return records


@dataclass
class Trial:
    """What a fault gets to work on.

    Attributes:
        rounds: How often the fault is to happen.
        kills: How often something was killed.
        recoveries: In seconds, from the end of a fault until every task had committed again.
        violations: What the fault itself found wrong.
        is_done: Whether everything is published and processed, and nothing is waited for any more.
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
        """Let a fault, or the time between two, last so many seconds; at random up to ``most``."""
        Event().wait(self.rng.uniform(least, most or least))

    def any_worker(self) -> str:
        """Return the name of one of the workers."""
        return self.rng.choice(self.fleet.names())

    def wait_until_done(self, seconds: float) -> None:
        """Wait until everything is published, and then until it is processed, each within so many seconds."""
        if not self.is_done:
            self.live.wait_until_published(1.0, seconds)
            self.watch.wait_until_done(seconds)
            self.is_done = True

    def recover(self) -> None:
        """Wait until every task commits again, and note how long that took."""
        self.recoveries.append(self.watch.wait_for_commits(_RECOVERY_SECONDS))

    def demand_progress(self, what: str, seconds: float, tasks: Sequence[int] = range(_PARTITIONS)) -> None:
        """Note a violation if not each of some tasks commits within so many seconds, while a fault lasts."""
        try:
            self.watch.wait_for_commits(seconds, tasks)
        except TooLateError as error:
            self.violations.append(Violation("no progress", what, str(error)))


Inject = Callable[[Trial], None]


@dataclass(frozen=True)
class Fault:
    """A kind of fault by its name.

    Attributes:
        inject: Lets it happen, and returns when it is over.
        rate: Events a second, published while it happens; None: all were there before.
        add: Records to publish besides.
        planted: By worker the code that its first process runs before its own.
        rounds: How often it happens.
        done_seconds: By when all must be published, and by when it must be processed then.
        exits: Exit codes of workers besides 0 and signals that are no defect here.
        own: Variables of a worker, by the folder of the trial and its name.
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
    """What came of a trial."""

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
        """Return it as what JSON has."""
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
    """Let a fault happen, and check what was written.

    Args:
        fault: What is to happen.
        seed: Of the traffic, and of the schedule.
        folder: For logs, stores and brokers; a new one.
        events: How many; as the fault has it if not given.
        ground: Brokers that are there already; those that the fault asks for if not given.
    """
    result = Result(fault.name, seed)
    rng = random.Random(f"{fault.name} {seed}")  # noqa: S311 - to be the same for the same seed
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
    """Return exits that an operator could do nothing about."""
    return [
        Violation("defect", f"exit code {code}", f"{times} times; see the workers' logs")
        for code, times in fleet.exits.items()
        if code in DEFECTS and code not in allowed
    ]

# mypy: disable-error-code="import-untyped"
"""Faults of brokers: they die, hang or refuse requests."""

import asyncio
from typing import Final

from aiokafka import AIOKafkaProducer

from attribution.config.kafka_clients import client_options
from attribution_tests.chaos.environment.ground import three_brokers
from attribution_tests.chaos.environment.topic_settings import TRANSACTIONS, altered
from attribution_tests.chaos.trial import Fault, Trial

_STALL_SECONDS: Final = 20.0
_AWAY_SECONDS: Final = 40.0
"""Longer than the default time that a worker waits for a transaction to end."""


def kill_broker(trial: Trial) -> None:
    """Kill the only broker and restart it."""
    for _ in range(trial.rounds):
        trial.last(2.0, 5.0)
        trial.ground.broker.kill()
        trial.kills += 1
        trial.last(0.0, 3.0)
        trial.ground.broker.start_again()
        trial.recover()


def take_broker_away(trial: Trial) -> None:
    """Kill the only broker, and restart it after every busy worker has given up."""
    trial.last(2.0, 5.0)
    trial.ground.broker.kill()
    trial.kills += 1
    trial.last(_AWAY_SECONDS)
    trial.ground.broker.start_again()
    trial.recover()


def stall_broker(trial: Trial) -> None:
    """Send SIGSTOP to the only broker, and SIGCONT later."""
    for _ in range(trial.rounds):
        trial.last(2.0, 5.0)
        trial.ground.broker.pause()
        trial.last(_STALL_SECONDS)
        trial.ground.broker.resume()
        trial.recover()


def lose_one_of_three(trial: Trial) -> None:
    """Kill a broker that is not the controller. Two replicas are enough to continue."""
    for number in (1, 2):
        trial.last(2.0, 4.0)
        trial.ground.brokers[number].kill()
        trial.kills += 1
        trial.demand_progress(f"broker {number + 1} of three is lost", 60.0)
        trial.ground.brokers[number].start_again()
        trial.recover()


def have_no_coordinator(trial: Trial) -> None:
    """Keep the transaction coordinator from writing for a while."""
    for seconds in (4.0, 14.0):
        trial.last(2.0, 4.0)
        with altered(trial.deployed, [TRANSACTIONS], {"min.insync.replicas": "2"}):
            trial.last(seconds)
        trial.recover()


def refuse_outputs(trial: Trial) -> None:
    """Make the broker refuse outputs, for a shorter and a longer time than a transaction may take."""
    topics = [trial.deployed.names.topic(topic) for topic in ("decisions", "commissions")]
    for seconds in (4.0, 15.0):
        trial.last(2.0, 4.0)
        with altered(trial.deployed, topics, {"min.insync.replicas": "2"}):
            trial.last(seconds)
        trial.recover()


def allow_small_records_only(trial: Trial) -> None:
    """Make the broker refuse batches of the usual size, first to an output, then to the changelog."""
    names = trial.deployed.names
    for topic in (names.topic("decisions"), names.changelog):
        trial.last(2.0, 4.0)
        with altered(trial.deployed, [topic], {"max.message.bytes": "150"}):
            trial.last(5.0)
        trial.recover()


def fence(trial: Trial) -> None:
    """Take over the transactional id of each task."""
    tasks = list(range(trial.deployed.kafka.partitions))
    trial.rng.shuffle(tasks)
    for task in tasks:
        trial.last(1.0, 3.0)
        asyncio.run(_take_over(trial, task))
        trial.recover()


async def _take_over(trial: Trial, task: int) -> None:
    options = client_options(trial.deployed.kafka)
    transactional_id = trial.deployed.names.transactional_id(task)
    async with AIOKafkaProducer(**options, transactional_id=transactional_id):
        pass


FAULTS: Final = (
    Fault("broker-kill", "kill -9 of the broker, which starts again", kill_broker),
    Fault("broker-away", "the broker is gone for 40 s", take_broker_away),
    Fault("broker-stall", "SIGSTOP of the broker for 20 s", stall_broker, rate=1_000, rounds=2),
    Fault(
        "one-broker-of-three",
        "one of three brokers is lost, min.insync.replicas is 2",
        lose_one_of_three,
        events=30_000,
        rate=500,
        ground=three_brokers,
        variables={"ATTRIBUTION_KAFKA__SESSION_TIMEOUT_MS": "10000"},
    ),
    Fault("no-coordinator", "the transaction coordinator is unavailable", have_no_coordinator),
    Fault("produce-errors", "the broker refuses outputs", refuse_outputs),
    Fault("batch-too-large", "the broker refuses batches for their size", allow_small_records_only),
    Fault("fenced-producer", "another producer takes a task's transactional id", fence),
)

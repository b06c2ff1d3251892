# mypy: disable-error-code="import-untyped"
"""As few tasks as possible move when workers join, leave and restart."""

import asyncio
import subprocess
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.range import RangePartitionAssignor

from attribution.config.kafka_clients import client_options
from attribution.config.settings import Kafka
from attribution.streams.clients.aiokafka_internals import generation_of
from attribution.streams.group.assignor import GroupConsumer
from attribution_tests.kafka_deployment.deployed import Deployed, stop, wait_for
from attribution_tests.kafka_deployment.traffic import traffic

IN_MEMORY: Final = {"ATTRIBUTION_STATE__STORE": "memory", "ATTRIBUTION_KAFKA__SESSION_TIMEOUT_MS": "30000"}
RANGE_ONLY: Final = {"partition_assignment_strategy": (RangePartitionAssignor,)}
STATIC: Final = {"ATTRIBUTION_KAFKA__SESSION_TIMEOUT_MS": "15000"}

Owned = dict[str, set[int]]
"""The tasks of each worker."""


def deployed(bootstrap: str, prefix: str, folder: Path, partitions: int) -> Deployed:
    one = Deployed(Kafka(bootstrap=bootstrap, topic_prefix=prefix, partitions=partitions), folder)
    one.create_topics()
    return one


def events(one: Deployed, worker: str, event: str) -> list[Mapping[str, Any]]:
    lines = one.log_of(worker).splitlines()
    logged = [msgspec.json.decode(line) for line in lines if line.startswith("{") and line.endswith("}")]
    return [line for line in logged if line["event"] == event]


def assigned(one: Deployed, workers: str) -> Owned:
    found = {name: events(one, name, "tasks assigned") for name in workers}
    return {name: set(lines[-1]["tasks"]) if lines else set() for name, lines in found.items()}


def restored(one: Deployed, worker: str) -> list[int]:
    return [line["task"] for line in events(one, worker, "task ready")]


def wait_until_shared_out(one: Deployed, workers: str) -> Owned:
    """Wait until each task has one worker and is restored there, and task counts differ by at most one."""

    def is_shared_out() -> bool:
        owned = assigned(one, workers)
        counts = [len(tasks) for tasks in owned.values()]
        return (
            sorted(task for tasks in owned.values() for task in tasks) == list(range(one.kafka.partitions))
            and max(counts) - min(counts) <= 1
            and all(tasks <= set(restored(one, name)) for name, tasks in owned.items())
        )

    wait_for(is_shared_out, lambda: f"{assigned(one, workers)}")
    return assigned(one, workers)


def moved(before: Owned, after: Owned) -> int:
    return sum(len(tasks - before.get(name, set())) for name, tasks in after.items())


def test_few_tasks_move_and_those_that_stay_are_not_restored(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    one = deployed(bootstrap, prefix, tmp_path, partitions=6)
    with one.worker("a", **IN_MEMORY) as leaving:
        alone = wait_until_shared_out(one, "a")
        with one.worker("b", **IN_MEMORY):
            two = wait_until_shared_out(one, "ab")
            with one.worker("c", **IN_MEMORY):
                three = wait_until_shared_out(one, "abc")
                assert stop(leaving) == 0
                back = wait_until_shared_out(one, "bc")
                one.publish(traffic(1_000, seed=11))
                one.wait_until_done()
    assert [moved(alone, two), moved(two, three), moved(three, back)] == [3, 2, 2]
    assert sum(len(restored(one, name)) for name in "abc") == 6 + 3 + 2 + 2


def test_a_restarted_static_worker_moves_no_task_and_disturbs_no_other(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    one = deployed(bootstrap, prefix, tmp_path, partitions=4)
    one.publish(traffic(1_000, seed=12))
    with ExitStack() as workers:

        def start(name: str) -> "subprocess.Popen[bytes]":
            return workers.enter_context(one.worker(name, ATTRIBUTION_KAFKA__INSTANCE_ID=name, **STATIC))

        running = {"a": start("a")}
        wait_until_shared_out(one, "a")
        running["b"] = start("b")
        before = wait_until_shared_out(one, "ab")
        rebalances = {name: len(events(one, name, "tasks assigned")) for name in "ab"}
        for name, end in (("a", stop), ("b", stop), ("a", kill)):
            end(running[name])
            ready = len(restored(one, name))
            running[name] = start(name)
            wait_for(lambda: len(restored(one, name)) == ready + 2)  # noqa: B023
            rebalances[name] += 1
        one.publish(traffic(1_000, seed=13))
        one.wait_until_done()
    assert assigned(one, "ab") == before
    assert {name: len(events(one, name, "tasks assigned")) for name in "ab"} == rebalances


def kill(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()


def test_a_joining_member_causes_one_rebalance(bootstrap: str, prefix: str, tmp_path: Path) -> None:
    one = deployed(bootstrap, prefix, tmp_path, partitions=6)

    async def join() -> None:
        async with member(one, GroupConsumer) as first:
            await asyncio.to_thread(wait_for, lambda: tasks_of(first) == {0, 1, 2, 3, 4, 5})
            async with member(one, GroupConsumer) as second:
                await asyncio.to_thread(wait_for, lambda: len(tasks_of(first)) == len(tasks_of(second)) == 3)
                assert generation_of(first) == generation_of(second) == 2

    asyncio.run(join())


def test_range_is_used_beside_range_only_members_and_its_shares_stay(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    one = deployed(bootstrap, prefix, tmp_path, partitions=6)

    async def upgrade() -> None:
        async with (
            member(one, GroupConsumer, group_instance_id="a1") as a,
            member(one, GroupConsumer, group_instance_id="a2") as b,
        ):
            async with member(one, AIOKafkaConsumer, **RANGE_ONLY) as old:
                by_range = [{0, 1}, {2, 3}, {4, 5}]
                await asyncio.to_thread(
                    wait_for, lambda: [tasks_of(each) for each in (a, b, old)] == by_range
                )
            await asyncio.to_thread(wait_for, lambda: [len(tasks_of(each)) for each in (a, b)] == [3, 3])
            assert [tasks_of(a) > {0, 1}, tasks_of(b) > {2, 3}] == [True, True]

    asyncio.run(upgrade())


@asynccontextmanager
async def member(one: Deployed, kind: Any, **options: Any) -> AsyncIterator[Any]:
    """Join the group with a member that reads two topics."""
    consumer = kind(
        **client_options(one.kafka), **options, group_id=one.names.group, heartbeat_interval_ms=300
    )
    await consumer.start()
    try:
        consumer.subscribe([one.names.topic("clicks"), one.names.topic("orders")])
        yield consumer
    finally:
        await consumer.stop()


def tasks_of(consumer: Any) -> set[int]:
    """Return the partitions of a member, which must be the same for each topic."""
    by_topic: defaultdict[str, set[int]] = defaultdict(set)
    for tp in consumer.assignment():
        by_topic[tp.topic].add(tp.partition)
    shares = list(by_topic.values())
    assert all(share == shares[0] for share in shares)
    assert len(shares) in {0, 2}
    return shares[0] if shares else set()

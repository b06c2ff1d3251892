"""Checks once the faults are over: everything is processed, and the outputs are those of the steps alone."""

from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec
from aiokafka import TopicPartition

from attribution.domain.records.topics import READ
from attribution.domain.steps.topology import declared
from attribution.hosts.kafka.repartition import decoder
from attribution.streams.checkpoint import TASK_KEY, TaskCheckpoint
from attribution.streams.flow.watermark import Watermark
from attribution.streams.task.restore import changelog_key
from attribution_tests.deterministic_simulation.kafka.broker import Broker
from attribution_tests.deterministic_simulation.world import NAMES, World
from attribution_tests.kafka_deployment.outputs import (
    OUTPUTS,
    ByKey,
    Logged,
    by_key,
    from_steps_alone,
    last_decisions,
    sums,
)


def unprocessed(world: World) -> Iterator[str]:
    """Yield what is not processed and committed yet, according to the changelog and the group's offsets."""
    for partition in range(world.plan.partitions):
        changelog = world.broker.partitions[TopicPartition(NAMES.changelog, partition)].committed()
        latest = {row.key: row.value for row in changelog}
        if TASK_KEY not in latest:
            yield f"task {partition} has committed nothing"
            continue
        if latest.get(changelog_key("sweep", b"")) is not None:
            yield f"task {partition} is in a sweep"
        yield from _behind(
            world.broker, partition, msgspec.json.decode(latest[TASK_KEY] or b"", type=TaskCheckpoint)
        )

    for topic in OUTPUTS:
        yield from _open(world.broker, topic)


def _open(broker: Broker, topic: str) -> Iterator[str]:
    """Yield partitions with an open transaction: its markers do not arrive all at once."""
    for tp, partition in broker.partitions.items():
        if tp.topic == topic and partition.last_stable < partition.end:
            yield f"{topic} {tp.partition} has a transaction that is open"


def _behind(broker: Broker, partition: int, task: TaskCheckpoint) -> Iterator[str]:
    for step, positions in task.positions.items():
        for topic, position in positions.items():
            if topic in task.done[step]:
                yield from _undone(
                    broker, TopicPartition(NAMES.internal(topic), partition), task.done[step][topic]
                )
                continue
            tp = _place(topic, partition)
            end = broker.partitions[tp].last_stable
            if position < end:
                yield f"{step} of task {partition} is at {position} of {end} of {topic}"
            elif topic in _KEYED and broker.offsets.get(tp, 0) < end:
                yield f"the group is at {broker.offsets.get(tp, 0)} of {end} of {topic} {partition}"


_KEYED = {topic.name for topic in READ if topic.partitions != 1}
_DECODE = decoder(declared().repartitions)


def _place(topic: str, partition: int) -> TopicPartition:
    tp = TopicPartition(topic, partition)
    return tp if topic in _KEYED else TopicPartition(topic, 0)


def _undone(broker: Broker, tp: TopicPartition, done: list[int]) -> Iterator[str]:
    for row in broker.partitions[tp].committed():
        content = _DECODE(row.value or b"")
        if not isinstance(content, Watermark) and row.offset >= done[content.source]:
            yield f"a record of {content.source} at {row.offset} of {tp.topic} {tp.partition} is not done"
            return


def wrong(world: World) -> Iterator[str]:
    """Yield differences from the outputs that the steps alone derive from the input."""
    broker, plan = world.broker, world.plan
    found = {topic: _rows(broker, topic) for topic in OUTPUTS}
    due = expected(broker)
    yield from _repeated(found, due)
    yield from _gaps(found["decisions"])
    if last_decisions(found["decisions"]) != last_decisions(due["decisions"]):
        yield from _differences(
            "last decision", last_decisions(found["decisions"]), last_decisions(due["decisions"])
        )
    try:
        if (is_sums := sums(found["commissions"])) != (due_sums := sums(due["commissions"])):
            yield from _differences("sum", is_sums, due_sums)
    except AssertionError as error:
        yield f"postings: {error}"
    yield from _differences(
        "dead letters",
        *({key: len(rows) for key, rows in one["dead-letters"].items()} for one in (found, due)),
    )
    yield from _miscounted(world)
    if plan.whole:
        for topic in OUTPUTS:
            yield from _differences(f"bytes of {topic}", found[topic], due[topic])


def _miscounted(world: World) -> Iterator[str]:
    """Yield topics of which more records count than there are; fewer may, if a worker died before it counted."""
    records = Counter({topic.name: sum(1 for _ in _logged(world.broker, topic.name)) for topic in READ})
    too_many, too_few = world.consumed - records, records - world.consumed
    if too_many or (too_few and not world.ended):
        yield f"consumed: {dict(too_many)} too many, {dict(too_few)} too few"


def expected(broker: Broker) -> dict[str, ByKey]:
    """Compute the outputs of the steps alone from all inputs in the total order."""
    return from_steps_alone([one for topic in READ for one in _logged(broker, topic.name)])


def _logged(broker: Broker, topic: str) -> Iterator[Logged]:
    for tp, partition in broker.partitions.items():
        if tp.topic == topic:
            for row in partition.committed():
                yield Logged(topic, tp.partition, row.offset, row.timestamp, row.key, row.value or b"")


def _rows(broker: Broker, topic: str) -> ByKey:
    return by_key(topic, (one.value for one in _logged(broker, topic)))


def _repeated(found: Mapping[str, ByKey], due: Mapping[str, ByKey]) -> Iterator[str]:
    """Yield repeated decisions. A click and an entry with one event_id may share the id of a late decision."""
    allowed = _ids(due)
    for identity, count in _ids(found).items():
        is_of_touch = ":late:" in identity and "/" not in identity
        if count > max(2 if is_of_touch else 1, allowed[identity]):
            yield f"decision {identity} was written {count} times"


def _gaps(decisions: ByKey) -> Iterator[str]:
    """Yield the orders whose revisions do not count 1, 2, 3 …"""
    for order_id, rows in decisions.items():
        written = [msgspec.json.decode(row) for row in rows]
        revisions = [one["revision"] for one in written if one["status"] != "late_touch"]
        if revisions != list(range(1, len(revisions) + 1)):
            yield f"the revisions of order {order_id} are {revisions}"


def _ids(outputs: Mapping[str, ByKey]) -> Counter[str]:
    rows = (row for rows in outputs["decisions"].values() for row in rows)
    return Counter(msgspec.json.decode(row)["decision_id"] for row in rows)


def _differences(what: str, found: Mapping[str, object], due: Mapping[str, object]) -> Iterator[str]:
    for key in sorted(found.keys() | due.keys()):
        if found.get(key) != due.get(key):
            yield f"{what} of {key}: is {_short(found.get(key))}, should be {_short(due.get(key))}"


def _short(what: object) -> str:
    text = repr(what)
    return text if len(text) < 400 else f"{text[:400]} ..."

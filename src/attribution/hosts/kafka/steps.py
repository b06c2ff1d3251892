"""The stages of a task, in the order in which records pass through them."""

from collections.abc import Iterable, Mapping, Sequence

from attribution.domain.records.events import Click
from attribution.engine.record import Record
from attribution.errors import StateError
from attribution.hosts.kafka.hops import NAMED_ENTRIES, TOUCHES, is_hop, rekeyed
from attribution.hosts.kafka.task_processor import BROADCAST, TaskPipeline
from attribution.streams.checkpoint import TaskRecord
from attribution.streams.flow.inputs import Flow
from attribution.streams.flow.step import Stage


def stages_of(
    pipeline: TaskPipeline,
    agents: Mapping[str, Sequence[str]],
    partitions: int,
    task: TaskRecord | None,
    beginnings: Mapping[str, int],
) -> list[Stage]:
    """Return a task's stages; each goes on where ``task`` says, or else begins where its topics do."""

    def flow(stage: str, topics: Iterable[str]) -> Flow:
        hops = [topic for topic in topics if is_hop(topic)]
        direct = [topic for topic in topics if not is_hop(topic)]
        start = {**beginnings, **(task.positions.get(stage, {}) if task else {})}
        done = task.done.get(stage, {}) if task else {}
        for hop, offsets in done.items():
            _check_sources(hop, len(offsets), partitions)
        return Flow(direct, hops, partitions, start, done)

    *moved, entries = agents["route"]
    rekeying = [
        Stage(f"rekey {name}", "route", flow(f"rekey {name}", [name]), pipeline.rekey, hop=rekeyed(name))
        for name in moved
    ]
    everything = [*agents["attribute"], *sorted(BROADCAST)]
    return [
        *rekeying,
        Stage("route", "route", flow("route", [entries]), pipeline.route, hop=NAMED_ENTRIES),
        Stage(
            "stitch",
            "stitch",
            flow("stitch", agents["stitch"]),
            pipeline.stitched,
            hop=TOUCHES,
            wants=_is_stitched,
        ),
        Stage("attribute", "attribute", flow("attribute", everything), pipeline.process),
    ]


def _check_sources(hop: str, before: int, now: int) -> None:
    if before != now:
        raise StateError(
            f"the state is of {before} partitions, the topics have {now} (hop {hop}): keys lie elsewhere than their "
            "state; see 'Scale' in docs/operate.md"
        )


def _is_stitched(record: Record) -> bool:
    """Tell whether a record is an entry that names a click, or a click whose buyer nobody knows yet."""
    event = record.event
    return record.topic == NAMED_ENTRIES or (isinstance(event, Click) and event.buyer_id is None)

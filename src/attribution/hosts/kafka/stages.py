"""The stages of a task, in the order in which records pass through them."""

from collections.abc import Mapping

from attribution.hosts.kafka.deployment import REKEYABLE, Deployment
from attribution.hosts.kafka.flow import Flow
from attribution.hosts.kafka.progress import TaskRecord
from attribution.hosts.kafka.stage import Stage
from attribution.hosts.kafka.task_pipeline import BROADCAST, NAMED_ENTRIES, TOUCHES, TaskPipeline

AGENTS = ("route", "stitch", "attribute")


def topics_of(agent: str, deployment: Deployment) -> list[str]:
    """Return the topics that an agent reads, a task's own partition of each."""
    kept = [name for name in REKEYABLE if name not in deployment.rekeyed]
    moved = [f"rekeyed-{name}" for name in REKEYABLE if name in deployment.rekeyed]
    if agent == "route":
        return [*deployment.rekeyed, *_only("room-entries", kept, moved)]
    if agent == "stitch":
        return [*_only("clicks", kept, moved), NAMED_ENTRIES]
    return [*deployment.direct(), *moved, TOUCHES]


def stages_of(
    pipeline: TaskPipeline, deployment: Deployment, task: TaskRecord | None, beginnings: Mapping[str, int]
) -> list[Stage]:
    """Return a task's stages; each goes on where ``task`` says, or else begins where its topics do."""

    def flow(stage: str, topics: list[str], broadcast: frozenset[str] = frozenset()) -> Flow:
        direct = [topic for topic in topics if topic in deployment.direct() or topic in deployment.rekeyed]
        hops = [topic for topic in topics if topic not in direct]
        start = {**beginnings, **(task.positions.get(stage, {}) if task else {})}
        done = task.done.get(stage, {}) if task else {}
        return Flow([*direct, *sorted(broadcast)], hops, deployment.partitions, start, done)

    rekeying = [
        Stage(f"rekey {name}", "route", flow(f"rekey {name}", [name]), pipeline.rekey, f"rekeyed-{name}")
        for name in sorted(deployment.rekeyed)
    ]
    entries = [topic for topic in topics_of("route", deployment) if topic not in deployment.rekeyed]
    return [
        *rekeying,
        Stage("route", "route", flow("route", entries), pipeline.route, NAMED_ENTRIES),
        Stage(
            "stitch", "stitch", flow("stitch", topics_of("stitch", deployment)), pipeline.stitched, TOUCHES
        ),
        Stage(
            "attribute",
            "attribute",
            flow("attribute", topics_of("attribute", deployment), BROADCAST),
            pipeline.process,
        ),
    ]


def _only(name: str, kept: list[str], moved: list[str]) -> list[str]:
    return [topic for topic in (*kept, *moved) if topic in (name, f"rekeyed-{name}")]

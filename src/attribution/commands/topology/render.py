"""Renders repartition topics and tasks as text."""

from collections.abc import Iterator

from attribution.commands.topology.on_kafka import Deployment, TaskStep
from attribution.domain.steps.topology import Hop


def hop_lines(hop: Hop) -> list[str]:
    """Return the lines on a repartition topic: what it carries, and why."""
    return [f"  {hop.source} -> {hop.target}: {hop.carries}", f"    because {hop.why}"]


def deployment_lines(on_kafka: Deployment) -> Iterator[str]:
    """Return the lines on how the steps run on Kafka."""
    yield from ("", f"On Kafka ({on_kafka.bootstrap})")
    yield f"  tasks              {on_kafka.tasks}, one per partition, each with all steps below"
    yield f"  consumer group     {on_kafka.group}"
    yield f"  transactional ids  {on_kafka.transactional_id}"
    yield f"  changelog          {on_kafka.changelog}, keyed by the rows of the state"
    for step in on_kafka.steps:
        yield from _step_lines(step)
    yield from ("", "Repartition topics on Kafka")
    for hop in on_kafka.hops:
        yield from hop_lines(hop)
    yield from ("", "ACLs that a worker needs")
    for acl in on_kafka.acls:
        yield f"  {acl.resource:<15}  {acl.pattern:<8}  {', '.join(acl.operations):<15}  {', '.join(acl.names)}"


def _step_lines(step: TaskStep) -> Iterator[str]:
    yield f"  {step.name}, {step.key}: {step.does}"
    yield f"    reads              {', '.join(step.reads)}"
    if step.reads_all_of:
        yield f"    reads all of       {', '.join(step.reads_all_of)}"
    yield f"    writes             {', '.join(step.writes)}"

"""Renders repartition topics and tasks as text."""

from collections.abc import Iterator

from attribution.commands.topology.on_kafka import Deployment, PrintedRepartition, PrintedStep


def repartition_lines(repartition: PrintedRepartition) -> list[str]:
    """Return the lines on records that are repartitioned: from where to where, which, and why."""
    return [
        f"  {repartition.source} -> {repartition.target}: {repartition.carries}",
        f"    because {repartition.why}",
    ]


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
    for repartition in on_kafka.repartitions:
        yield from repartition_lines(repartition)
    yield from ("", "ACLs that a worker needs")
    for acl in on_kafka.acls:
        yield f"  {acl.resource:<15}  {acl.pattern:<8}  {', '.join(acl.operations):<15}  {', '.join(acl.names)}"


def _step_lines(step: PrintedStep) -> Iterator[str]:
    yield f"  {step.name}, {step.key}: {step.does}"
    yield f"    reads              {', '.join(step.reads)}"
    if step.reads_all_of:
        yield f"    reads all of       {', '.join(step.reads_all_of)}"
    yield f"    writes             {', '.join(step.writes)}"

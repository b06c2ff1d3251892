"""``attribution topology``: prints the steps, and how they run on Kafka."""

from collections.abc import Iterator
from typing import Any

import msgspec
import typer

from attribution.commands.topology.on_kafka import Deployment, PrintedRepartition, deployment_of
from attribution.commands.topology.render import deployment_lines, repartition_lines
from attribution.config import load
from attribution.config.cli_option import AsJson, ConfigFile
from attribution.domain.records.topics import BY_NAME, READ, Topic
from attribution.domain.steps.topology import Repartition, Selection, StepShape, declared


def topology_command(*, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Print the steps, their inputs in the total order, their outputs, and the repartition topics.

    If the settings name brokers (kafka.bootstrap), also print how the steps run
    on Kafka: tasks, names, internal topics, and the ACLs that a worker needs.

    Examples:
        attribution topology

        attribution topology --config attribution.toml --json
    """
    kafka = load(config).kafka
    on_kafka = deployment_of(kafka) if kafka.bootstrap else None
    typer.echo(_json(on_kafka) if as_json else _text(on_kafka))


def _json(on_kafka: Deployment | None) -> str:
    shape: dict[str, Any] = {
        "order": ["record timestamp", "rank", "partition", "offset"],
        "inputs": [_fields(topic) for topic in READ],
        "steps": [_step(step) for step in declared().steps],
        "outputs": [_fields(BY_NAME[name]) for name in declared().writes],
        "hops": _repartitions(),
    }
    if on_kafka:
        shape["kafka"] = on_kafka
    return msgspec.json.format(msgspec.json.encode(shape)).decode()


def _fields(topic: Topic) -> dict[str, str | int | None]:
    return {
        "topic": topic.name,
        "role": topic.role,
        "rank": topic.rank,
        "key": topic.key,
        "meaning": topic.meaning,
    }


def _step(step: StepShape) -> dict[str, Any]:
    return {
        "name": step.title,
        "key": step.key,
        "reads": step.reads,
        "writes": step.writes,
        "does": step.does,
    }


def _repartitions() -> list[PrintedRepartition]:
    """Return which records reach a step under another key, or are a part of a topic that the step reads."""
    steps = {step.name: step.title for step in declared().steps}
    return [
        PrintedRepartition(steps.get(one.source, one.source), step.title, one.carries, one.why)
        for step in declared().steps
        for one in _moved(step)
    ]


def _moved(step: StepShape) -> Iterator[Selection | Repartition]:
    yield from step.selections
    yield from step.through


def _text(on_kafka: Deployment | None) -> str:
    return "\n".join(
        [
            "Inputs, in the order (record timestamp, rank, partition, offset)",
            *(f"  {topic.rank}  {topic.name:<13}  {topic.key:<31}  {topic.meaning}" for topic in READ),
            "",
            "Steps",
            *(line for step in declared().steps for line in _step_lines(step)),
            "",
            "Outputs",
            *(
                f"  {name:<16}  {BY_NAME[name].key:<31}  {BY_NAME[name].meaning}"
                for name in declared().writes
            ),
            "",
            "Repartitioning",
            *(line for repartition in _repartitions() for line in repartition_lines(repartition)),
            *(deployment_lines(on_kafka) if on_kafka else ()),
        ]
    )


def _step_lines(step: StepShape) -> list[str]:
    reads = "all inputs" if len(step.reads) == len(READ) else ", ".join(step.reads)
    return [
        f"  {step.title}, by {step.key}: {step.does}",
        f"    reads   {reads}",
        f"    writes  {', '.join(step.writes) or 'nothing; forwards to the next step'}",
    ]

"""Compares what a worker does on Kafka with what ``attribution topology`` says of it."""

import re
from collections.abc import Iterator
from typing import Any

from attribution.domain.records.topics import READ
from attribution.domain.steps.topology import declared
from attribution.streams.task.context import TaskContext
from attribution_tests.commands.topology.sample_run import SampleRun, empty_store

Facts = dict[str, set[str]]
"""What can be said of a deployment: values by subject."""
Permission = tuple[str, str, str]
"""An operation, a kind of resource, and its name."""


def differences(context: TaskContext, printed: dict[str, Any]) -> list[str]:
    """Return how the worker of a context differs from its description, the ``kafka`` object of the JSON."""
    does, says = facts_of_worker(context), facts_of_printout(printed)
    different = [subject for subject in sorted({*does, *says}) if does.get(subject) != says.get(subject)]
    return [
        *(f"{subject}: {does.get(subject)}, printed {says.get(subject)}" for subject in different),
        *(f"written, not printed: {topic}" for topic in sorted(_written(context) - says["outputs"])),
        *(f"not allowed: {' '.join(needed)}" for needed in _needed(context) if not _allows(printed, needed)),
    ]


def facts_of_worker(context: TaskContext) -> Facts:
    """Return the facts of a worker, from its job, its names, and the steps of its tasks."""
    job, names = context.job, context.names
    facts = {
        "group": {names.group},
        "changelog": {names.changelog},
        "transactional ids": {names.transactional_id(task) for task in range(context.partitions)},
        "read whole": set(map(context.on_broker, job.global_topics)),
        "outputs": set(map(context.on_broker, job.outputs)),
        "repartition topics": set(map(context.on_broker, job.repartition_topics)),
    }
    for agent, topics in job.agents.items():
        facts[f"fed to {agent}"] = set(map(context.on_broker, topics))
    return facts | _facts_of_steps(context) | _facts_of_records(context)


def _facts_of_steps(context: TaskContext) -> Facts:
    facts: Facts = {f"{verb} by {agent}": set() for agent in context.job.agents for verb in ("read", "moved")}
    for step in context.job.open_work(0, 1, empty_store()).steps(None, {}):
        facts[f"read by {step.agent}"] |= set(map(context.on_broker, step.inputs.positions()))
        if step.repartition_topic is not None:
            facts[f"moved by {step.agent}"].add(context.on_broker(step.repartition_topic))
    return facts


def _facts_of_records(context: TaskContext) -> Facts:
    return {
        f"carried by {context.on_broker(topic)}": {f"{context.on_broker(one)} by {key}" for one, key in pairs}
        for topic, pairs in SampleRun(context.job).carried.items()
    }


def _written(context: TaskContext) -> set[str]:
    return set(map(context.on_broker, SampleRun(context.job).written))


def facts_of_printout(printed: dict[str, Any]) -> Facts:
    """Return the facts that the ``kafka`` object of the JSON states."""
    agents = {step.title: step.name for step in declared().steps} | {"route": "route"}
    steps = {agents[step["name"]]: step for step in printed["steps"]}
    moved_to = {moved["target"] for moved in printed["hops"]}
    written = {name for step in steps.values() for name in step["writes"]}
    facts = {
        "group": {printed["group"]},
        "changelog": {printed["changelog"]},
        "transactional ids": {
            printed["transactional_id"].replace("<partition>", str(task)) for task in range(printed["tasks"])
        },
        "read whole": {name for step in steps.values() for name in step["reads_all_of"]},
        "outputs": written - moved_to - {printed["changelog"]},
        "repartition topics": moved_to,
    }
    for agent, step in steps.items():
        facts[f"fed to {agent}"] = set(step["reads"])
        facts[f"read by {agent}"] = {*step["reads"], *step["reads_all_of"]}
        facts[f"moved by {agent}"] = moved_to.intersection(step["writes"])
    for moved in printed["hops"]:
        carried = {f"{moved['source']} by {key}" for key in _printed_keys(moved)}
        facts[f"carried by {moved['target']}"] = carried
    return facts


def _printed_keys(moved: dict[str, str]) -> list[str]:
    """Return which fields are the key of repartitioned records, in the words of the command."""
    carries = moved["carries"]
    if carries == "every record, keyed as in the contract":
        return next(topic.key for topic in READ if moved["source"].endswith(topic.name)).split(", else ")
    named = re.fullmatch(r".* that name a (?P<key>\w+), keyed by it|.*, keyed by (?P<other>\w+)", carries)
    assert named is not None, carries
    return [named["key"] or named["other"]]


def _needed(context: TaskContext) -> Iterator[Permission]:
    """Yield what a worker must be allowed."""
    job, names = context.job, context.names
    internal = [*map(context.on_broker, job.repartition_topics), names.changelog]
    for topic in (*map(context.on_broker, (*context.read_by_partition(), *job.global_topics)), *internal):
        yield "Read", "Topic", topic
    for topic in (*map(context.on_broker, job.outputs), *internal):
        yield "Write", "Topic", topic
    for task in range(context.partitions):
        yield "Write", "TransactionalId", names.transactional_id(task)
    yield "Read", "Group", names.group


def _allows(printed: dict[str, Any], needed: Permission) -> bool:
    operation, resource, name = needed
    return any(
        operation in acl["operations"]
        and resource == acl["resource"]
        and (name in acl["names"] or (acl["pattern"] == "prefixed" and name.startswith(tuple(acl["names"]))))
        for acl in printed["acls"]
    )


def from_text(text: str) -> dict[str, Any]:
    """Return the ``kafka`` object of the JSON, as far as it is compared, from the printed text."""
    head, _, rest = text.partition("\nOn Kafka (")[2].partition("\n  route, ")
    steps, _, rest = f"  route, {rest}".partition("\n\nRepartition topics on Kafka\n")
    moved, _, acls = rest.partition("\n\nACLs that a worker needs\n")
    return {
        "tasks": int(_after("tasks", head).split(",")[0]),
        "group": _after("consumer group", head),
        "transactional_id": _after("transactional ids", head),
        "changelog": _after("changelog", head).split(",")[0],
        "steps": [_step(lines) for lines in re.split(r"\n(?=  \w)", steps)],
        "hops": [_moved(line) for line in moved.splitlines() if " -> " in line],
        "acls": [_acl(line) for line in acls.splitlines()],
    }


def _after(label: str, lines: str) -> str:
    found = re.search(rf"^ +{label}  +(.*)$", lines, re.MULTILINE)
    return found[1] if found else ""


def _step(lines: str) -> dict[str, Any]:
    fields = {"reads": "reads", "reads_all_of": "reads all of", "writes": "writes"}
    return {
        "name": lines.strip().split(",")[0],
        **{field: _names(_after(label, lines)) for field, label in fields.items()},
    }


def _moved(line: str) -> dict[str, str]:
    source, target, carries = re.split(" -> |: ", line.strip(), maxsplit=2)
    return {"source": source, "target": target, "carries": carries}


def _acl(line: str) -> dict[str, Any]:
    resource, pattern, operations, names = re.split("  +", line.strip())
    return {
        "resource": resource,
        "pattern": pattern,
        "operations": _names(operations),
        "names": _names(names),
    }


def _names(text: str) -> list[str]:
    return [name for name in text.split(", ") if name]

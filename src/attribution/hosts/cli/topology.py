"""``attribution topology``: the steps, what they read in which order, what they write, and why they hop."""

from typing import Final, NamedTuple

import msgspec
import typer

from attribution.domain.records.topics import BY_NAME, READ, Topic
from attribution.hosts.cli.options import AsJson


class StepShape(NamedTuple):
    """A step: the key that its state and its records go by, the topics it reads and writes, what it does."""

    name: str
    key: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    does: str


class Hop(NamedTuple):
    """Records that go from one step to another because they change their key."""

    source: str
    target: str
    carries: str
    why: str


STEPS: Final = (
    StepShape(
        "stitch",
        "click_id",
        ("clicks", "room-entries"),
        (),
        "joins anonymous clicks with the room entries that name them",
    ),
    StepShape(
        "attribute and commission",
        "buyer_id",
        tuple(topic.name for topic in READ),
        ("decisions", "commissions", "dead-letters"),
        "decides which link drove an order, and posts what is owed",
    ),
)
HOPS: Final = (
    Hop(
        "clicks",
        "stitch",
        "clicks without buyer_id",
        "they are keyed by click_id: nobody knows yet whose they are",
    ),
    Hop(
        "room-entries",
        "stitch",
        "entries that name a click_id",
        "they are keyed by buyer_id, the click they name by click_id",
    ),
    Hop(
        "stitch",
        "attribute and commission",
        "anonymous clicks, once for each buyer whose entry names them",
        "a buyer's touches and orders are kept in one place",
    ),
)


def topology_command(*, as_json: AsJson = False) -> None:
    """Print the steps, the topics they read in the total order, what they write, and the hops between them.

    Examples:
        attribution topology

        attribution topology --json
    """
    typer.echo(_json() if as_json else _text())


def _json() -> str:
    shape = {
        "order": ["record timestamp", "rank", "partition", "offset"],
        "inputs": [_fields(topic) for topic in READ],
        "steps": [step._asdict() for step in STEPS],
        "outputs": [_fields(BY_NAME[name]) for name in _written()],
        "hops": [hop._asdict() for hop in HOPS],
    }
    return msgspec.json.format(msgspec.json.encode(shape)).decode()


def _fields(topic: Topic) -> dict[str, str | int | None]:
    return {
        "topic": topic.name,
        "role": topic.role,
        "rank": topic.rank,
        "key": topic.key,
        "meaning": topic.meaning,
    }


def _written() -> list[str]:
    return [name for step in STEPS for name in step.writes]


def _text() -> str:
    return "\n".join(
        [
            "Inputs, in the order (record timestamp, rank, partition, offset)",
            *(f"  {topic.rank}  {topic.name:<13}  {topic.key:<31}  {topic.meaning}" for topic in READ),
            "",
            "Steps",
            *(line for step in STEPS for line in _step_lines(step)),
            "",
            "Outputs",
            *(f"  {name:<16}  {BY_NAME[name].key:<31}  {BY_NAME[name].meaning}" for name in _written()),
            "",
            "Hops",
            *(line for hop in HOPS for line in _hop_lines(hop)),
        ]
    )


def _step_lines(step: StepShape) -> list[str]:
    reads = "all inputs" if len(step.reads) == len(READ) else ", ".join(step.reads)
    return [
        f"  {step.name}, by {step.key}: {step.does}",
        f"    reads   {reads}",
        f"    writes  {', '.join(step.writes) or 'nothing; forwards to the next step'}",
    ]


def _hop_lines(hop: Hop) -> list[str]:
    return [f"  {hop.source} -> {hop.target}: {hop.carries}", f"    because {hop.why}"]

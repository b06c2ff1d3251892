"""``attribution topics``: its options, and the calls to the brokers."""

import asyncio
from collections.abc import Collection
from typing import Annotated, Final, NamedTuple, TypeAlias

import typer

from attribution.commands.topics.desired import desired_topics
from attribution.commands.topics.diff import TopicDiff, diff_topics
from attribution.commands.topics.render import json_of, text_of
from attribution.config import load
from attribution.config.cli_option import ConfigFile
from attribution.config.kafka_clients import client_options
from attribution.config.settings import Kafka
from attribution.streams.clients.admin import Cluster, DesiredTopic, connected

REMAINS: Final = 1

app: Final = typer.Typer(
    help="Compare the topics on Kafka with what they should be, and create missing ones."
)

_AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Provision(NamedTuple):
    """The topics at the end of the command, and the names of those that it created."""

    diffs: list[TopicDiff]
    created: list[str]

    @property
    def is_complete(self) -> bool:
        """Whether every topic is as it should be."""
        return all(each.state == "fine" for each in self.diffs)


@app.command()
def plan(*, config: ConfigFile = None, as_json: _AsJson = False) -> None:
    """Show which topics are missing, which differ and how, and which are fine; change nothing.

    Examples:
        attribution topics plan --config attribution.toml

        ATTRIBUTION_KAFKA__BOOTSTRAP=localhost:9092 attribution topics plan --json
    """
    kafka = load(config).kafka
    _show(asyncio.run(_planned(kafka)), kafka, as_json)


@app.command()
def apply(*, config: ConfigFile = None, as_json: _AsJson = False) -> None:
    """Create the missing topics; show what differs, and what to do about it.

    Existing topics stay as they are. The exit code is 1 while any topic differs.

    Examples:
        attribution topics apply --config attribution.toml
    """
    kafka = load(config).kafka
    provision = asyncio.run(_applied(kafka))
    _show(provision, kafka, as_json)
    if not provision.is_complete:
        raise typer.Exit(REMAINS)


async def _planned(kafka: Kafka) -> Provision:
    async with connected(client_options(kafka)) as cluster:
        return Provision(await _diffs(cluster, desired_topics(kafka)), [])


async def _applied(kafka: Kafka) -> Provision:
    desired = desired_topics(kafka)
    async with connected(client_options(kafka)) as cluster:
        missing = [each.desired for each in await _diffs(cluster, desired) if each.state == "missing"]
        created = await cluster.create(missing)
        return Provision(await _diffs(cluster, desired, created), created)


async def _diffs(
    cluster: Cluster, desired: list[DesiredTopic], created: Collection[str] = ()
) -> list[TopicDiff]:
    return diff_topics(desired, await cluster.topics([each.name for each in desired], created))


def _show(provision: Provision, kafka: Kafka, as_json: bool) -> None:
    show = json_of if as_json else text_of
    typer.echo(show(provision.diffs, provision.created, kafka))

"""Reads and creates topics on the brokers."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from attribution.streams.clients.errors import partitions_by_topic, translate_kafka_errors

_SEEN_WITHIN_SECONDS: Final = 10.0
_LOOK_AGAIN_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class DesiredTopic:
    """A topic as it should be, with its settings by their names on a broker.

    ``any_partitions`` is true for topics that are rekeyed first. They may have another partition count than
    the rest.
    """

    name: str
    partitions: int
    replication_factor: int
    settings: Mapping[str, str]
    any_partitions: bool = False


@dataclass(frozen=True, slots=True)
class ActualTopic:
    """A topic as it is on the brokers."""

    name: str
    partitions: int
    replication_factor: int
    settings: Mapping[str, str]


class Cluster:
    """Reads topics and creates them."""

    def __init__(self, admin: Any) -> None:
        self._admin = admin

    async def topics(self, names: Collection[str], created: Collection[str] = ()) -> dict[str, ActualTopic]:
        """Return the topics that exist, by name; wait for those that were just created."""
        # Brokers learn of a new topic one by one, and any broker may answer.
        deadline = monotonic() + _SEEN_WITHIN_SECONDS
        while monotonic() < deadline:
            with suppress(UnknownTopicOrPartitionError):
                found = await self._topics(names)
                if found.keys() >= set(created):
                    return found
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        raise KafkaError(f"not all brokers know of new topics after {_SEEN_WITHIN_SECONDS:.0f} s; try again")

    async def create(self, topics: Iterable[DesiredTopic]) -> list[str]:
        """Create topics; return their names, without those that another client has just created.

        Raises:
            KafkaError: some topics could not be created. The others are created.
        """
        request = [
            NewTopic(each.name, each.partitions, each.replication_factor, topic_configs=dict(each.settings))
            for each in topics
        ]
        if not request:
            return []
        answers = (await self._admin.create_topics(request)).topic_errors
        _raise_refusals(answers)
        return [name for name, code, *_ in answers if not code]

    async def _topics(self, names: Collection[str]) -> dict[str, ActualTopic]:
        # This describes all topics: a broker may create a topic that is requested by name.
        described = {each["topic"]: each["partitions"] for each in await self._admin.describe_topics()}
        found = {name: described[name] for name in names if name in described}
        settings = await self._settings(found)
        return {
            name: ActualTopic(name, len(partitions), _replication_factor(partitions), settings[name])
            for name, partitions in found.items()
        }

    async def _settings(self, names: Iterable[str]) -> dict[str, dict[str, str]]:
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        answers = await self._admin.describe_configs(resources) if resources else []
        settings: dict[str, dict[str, str]] = {}
        for code, message, _, name, entries in (each for answer in answers for each in answer.resources):
            if code:
                raise for_code(code)(f"the settings of {name} can't be read: {message}")
            settings[name] = {setting: value for setting, value, *_ in entries}
        return settings


@asynccontextmanager
async def connected(options: Mapping[str, Any]) -> AsyncIterator[Cluster]:
    """Connect to a cluster for the duration of a ``with`` block.

    Raises:
        UnavailableError: no broker answers, or one refuses a request.
    """
    with translate_kafka_errors(options):
        # This comes first: a client whose token is refused fails later, with another error.
        await partitions_by_topic(options)
        admin = AIOKafkaAdminClient(**options)
        try:
            await admin.start()
            yield Cluster(admin)
        finally:
            await admin.close()


def _replication_factor(partitions: Iterable[Mapping[str, Any]]) -> int:
    return min((len(each["replicas"]) for each in partitions), default=0)


def _raise_refusals(answers: Iterable[tuple[Any, ...]]) -> None:
    names: dict[str, list[str]] = {}
    for name, code, *message in answers:
        if code and for_code(code) is not TopicAlreadyExistsError:
            names.setdefault(next(iter(message), None) or for_code(code).__name__, []).append(name)
    if names:
        refusals = [f"{reason} ({', '.join(of_reason)})" for reason, of_reason in names.items()]
        raise KafkaError(f"topics could not be created: {'; '.join(refusals)}")

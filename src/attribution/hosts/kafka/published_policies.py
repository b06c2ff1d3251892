"""The policies that were published, which say how far back the topics must reach."""

from copy import copy
from dataclasses import replace
from typing import Final

from aiokafka import TopicPartition

from attribution.domain.ingest.decoder import TopicDecoder
from attribution.domain.records.reference import Policy
from attribution.domain.records.topics import BY_NAME
from attribution.domain.references.catalogue import horizon_ms
from attribution.streams.clients.consumer import fetch
from attribution.streams.clients.errors import translate_kafka_errors
from attribution.streams.task.context import TaskContext

_TOPIC: Final = "policies"
_POLL_MS: Final = 200
_BATCH_RECORDS: Final = 1_000


async def under_published_policies(context: TaskContext) -> TaskContext:
    """Return the context with a job that needs touches for as long as any published policy version does.

    Raises:
        UnavailableError: no broker answers.
    """
    with translate_kafka_errors(context.options):
        horizons_ms = [horizon_ms(policy) for policy in await _policies(context)]
    job = copy(context.job)
    job.retention_needed_ms = {
        topic: max(needed_ms, *horizons_ms, 0) for topic, needed_ms in job.retention_needed_ms.items()
    }
    return replace(context, job=job)


async def _policies(context: TaskContext) -> list[Policy]:
    """Read the topic of policies to its end; refused records do not count."""
    decoder, policies = TopicDecoder(BY_NAME[_TOPIC]), []
    reader, place = context.open_reader(), TopicPartition(context.on_broker(_TOPIC), 0)
    try:
        await reader.start()
        reader.assign([place])
        end = (await reader.end_offsets([place]))[place]
        await reader.seek_to_beginning(place)
        while await reader.position(place) < end:
            found = await fetch(reader, place, timeout_ms=_POLL_MS, most=_BATCH_RECORDS)
            records = found.get(place, ())
            decoded = decoder.decode(
                [one.value or b"" for one in records], [one.timestamp for one in records]
            )
            policies += [one for one in decoded if isinstance(one, Policy)]
    finally:
        await reader.stop()
    return policies

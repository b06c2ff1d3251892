"""What there is on the brokers, and what they refuse, in words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from aiokafka import errors
from aiokafka.client import AIOKafkaClient

from attribution.errors import UnavailableError

_NO_BROKER: Final = (
    "check kafka.bootstrap, kafka.security_protocol and the credentials, and that the brokers run"
)
_NOT_ALLOWED: Final = "attribution topology prints what must be allowed"
_WHAT_TO_DO: Final[Mapping[type[Exception], str]] = {
    errors.KafkaConnectionError: _NO_BROKER,
    errors.NodeNotReadyError: _NO_BROKER,
    errors.StaleMetadata: _NO_BROKER,
    errors.TopicAuthorizationFailedError: _NOT_ALLOWED,
    errors.ClusterAuthorizationFailedError: _NOT_ALLOWED,
    errors.GroupAuthorizationFailedError: _NOT_ALLOWED,
    errors.InvalidSessionTimeoutError: "the brokers refuse kafka.session_timeout_ms: see group.min.session.timeout.ms "
    "and group.max.session.timeout.ms",
    errors.InconsistentGroupProtocolError: "another program is a member of this group: give this one another "
    "kafka.application",
    errors.InvalidTimestampError: "the topic refuses times so far from now: see message.timestamp.after.max.ms",
    errors.MessageSizeTooLargeError: "the topic refuses records so large: see max.message.bytes",
}


async def partitions_by_topic(options: Mapping[str, Any]) -> dict[str, int]:
    """Return how many partitions each topic has; those that we may not describe are not among them.

    Raises:
        UnavailableError: no broker answers, or none lets us in.
    """
    with translate_kafka_errors(options):
        client = AIOKafkaClient(**options)
        try:
            await client.bootstrap()
            return await _partitions_by_topic(client)
        finally:
            await client.close()


async def _partitions_by_topic(client: AIOKafkaClient) -> dict[str, int]:
    # aiokafka takes a refused token for an accepted one, and then sees no brokers.
    if not client.cluster.brokers():
        raise errors.KafkaConnectionError
    cluster = await client.fetch_all_metadata()
    return {topic: len(cluster.partitions_for_topic(topic) or ()) for topic in cluster.topics()}


@contextmanager
def translate_kafka_errors(options: Mapping[str, Any]) -> Iterator[None]:
    """Turn what aiokafka raises into an error that says which brokers, why, and what to do.

    Raises:
        UnavailableError: instead of aiokafka's.
    """
    try:
        yield
    except (errors.KafkaError, TimeoutError) as error:
        advice = next((what for kind, what in _WHAT_TO_DO.items() if isinstance(error, kind)), "")
        where = f"Kafka at {options['bootstrap_servers']}"
        raise UnavailableError(f"{where}: {_reason(error)}{advice and f'; {advice}'}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, errors.KafkaConnectionError):
        return "no broker could be reached, or none lets us in"
    said = ", ".join(map(str, error.args))
    kind = "" if type(error) is errors.KafkaError and said else type(error).__name__.removesuffix("Error")
    return ": ".join(filter(None, (kind, said)))

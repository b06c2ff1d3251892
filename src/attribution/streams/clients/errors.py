"""The topics on the brokers, and Kafka errors as texts that say what to do."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from aiokafka import AIOKafkaClient, errors

from attribution.errors import UnavailableError

_NO_BROKER: Final = (
    "check kafka.bootstrap, kafka.security_protocol and the credentials, and that the brokers run"
)
_NOT_ALLOWED: Final = "attribution topology prints the required ACLs"
_WHAT_TO_DO: Final[Mapping[type[Exception], str]] = {
    errors.KafkaConnectionError: _NO_BROKER,
    errors.NodeNotReadyError: _NO_BROKER,
    errors.StaleMetadata: _NO_BROKER,
    errors.TopicAuthorizationFailedError: _NOT_ALLOWED,
    errors.ClusterAuthorizationFailedError: _NOT_ALLOWED,
    errors.GroupAuthorizationFailedError: _NOT_ALLOWED,
    errors.InvalidSessionTimeoutError: "the brokers refuse kafka.session_timeout_ms: see "
    "group.min.session.timeout.ms and group.max.session.timeout.ms",
    errors.InconsistentGroupProtocolError: "another program is a member of this group: give this one another "
    "kafka.application",
    errors.InvalidTimestampError: "the topic refuses timestamps this far from now: see "
    "message.timestamp.after.max.ms",
    errors.MessageSizeTooLargeError: "the topic refuses records this large: see max.message.bytes",
}


async def partitions_by_topic(options: Mapping[str, Any]) -> dict[str, int]:
    """Return how many partitions each topic has, without the topics that this client may not describe.

    Raises:
        UnavailableError: no broker answers, or none accepts the connection.
    """
    with translate_kafka_errors(options):
        client = AIOKafkaClient(**options)
        try:
            await client.bootstrap()
            return await _partitions_by_topic(client)
        finally:
            await client.close()


async def _partitions_by_topic(client: AIOKafkaClient) -> dict[str, int]:
    # aiokafka treats a refused token as accepted, and then sees no brokers.
    if not client.cluster.brokers():
        raise errors.KafkaConnectionError
    cluster = await client.fetch_all_metadata()
    return {topic: len(cluster.partitions_for_topic(topic) or ()) for topic in cluster.topics()}


@contextmanager
def translate_kafka_errors(options: Mapping[str, Any]) -> Iterator[None]:
    """Translate Kafka errors and timeouts into one error that names the brokers, the reason and the remedy.

    Raises:
        UnavailableError: in place of the original error.
    """
    try:
        yield
    except (errors.KafkaError, TimeoutError) as error:
        advice = next((what for kind, what in _WHAT_TO_DO.items() if isinstance(error, kind)), "")
        where = f"Kafka at {options['bootstrap_servers']}"
        raise UnavailableError(f"{where}: {_reason(error)}{advice and f'; {advice}'}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, errors.KafkaConnectionError):
        return "no broker could be reached, or none accepted the connection"
    said = ", ".join(map(str, error.args))
    kind = "" if type(error) is errors.KafkaError and said else type(error).__name__.removesuffix("Error")
    return ": ".join(filter(None, (kind, said)))

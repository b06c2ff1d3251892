"""The partition of a key."""

from functools import lru_cache
from typing import Final

from attribution.errors import InputError
from attribution.streams.batch import Batch
from attribution.streams.clients.aiokafka_internals import murmur2

_REMEMBERED: Final = 1 << 12


@lru_cache(maxsize=_REMEMBERED)
def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of a key, as the Java client computes it: murmur2 without its sign.

    >>> [partition_of(key, 4) for key in (b"b1", b"b2", b"b3")]
    [3, 2, 1]
    """
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


def check_partitioner(batch: Batch, partitions: int) -> None:
    """Check for one record of a batch that it is in the partition of its key.

    Producers that partition differently separate a buyer's clicks from the buyer's orders without any error.

    Raises:
        InputError: the record is in another partition, or has no key.
    """
    if not batch.fetched:
        return
    one = batch.fetched[-1]
    where = f"{batch.topic} partition {batch.partition} offset {one.offset}"
    if one.key is None:
        raise InputError(
            f"{where}: no key; key the topic by buyer_id, or name it in kafka.rekey to have it routed first"
        )
    belongs = partition_of(one.key, partitions)
    if belongs != batch.partition:
        raise InputError(
            f"{where}: by murmur2 its key belongs in partition {belongs}; set the producer's partitioner to "
            "that of the Java client (librdkafka: partitioner=murmur2_random), or name the topic in "
            "kafka.rekey"
        )

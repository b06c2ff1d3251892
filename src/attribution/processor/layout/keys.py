"""The parts of keys. Each id follows its length in bytes (1 to 128), so that no id is a prefix of another.

The keys of rows that expire begin with the row's segment. Expired rows are dropped by segment, without a
scan.
"""


def id_key(identity: str) -> bytes:
    """Encode an id as part of a key."""
    encoded = identity.encode()
    return bytes((len(encoded),)) + encoded


def time_key(time: int) -> bytes:
    """Encode a time (ms) as part of a key."""
    return time.to_bytes(8, "big")


def split_ids(key: bytes, start: int) -> list[str]:
    """Return the ids in a key from a byte position on."""
    ids = []
    while start < len(key):
        stop = start + 1 + key[start]
        ids.append(key[start + 1 : stop].decode())
        start = stop
    return ids

"""Which partition a key belongs to: the same as Kafka's own clients say, whoever writes it."""

import struct
from collections.abc import Sequence
from functools import lru_cache

SEED, FACTOR, _WORD = 0x9747B28C, 0x5BD1E995, 0xFFFFFFFF


def partition_of(key: bytes, partitions: int) -> int:
    """A number below `partitions`, by the 32-bit murmur2 hash of the key.

    aiokafka's own reads a key byte by byte and costs several times as much.
    """
    return (_murmur2(key) & 0x7FFFFFFF) % partitions


def choose_partition(
    key: bytes | None, partitions: Sequence[int], _available: Sequence[int]
) -> int:
    """As aiokafka asks for it. Each record here has a key."""
    if key is None:
        raise ValueError("a record without a key belongs to no partition")
    return partitions[partition_of(key, len(partitions))]


def _murmur2(key: bytes) -> int:
    mixed = SEED ^ len(key)
    words, tail = divmod(len(key), 4)
    for word in _words(words).unpack_from(key):
        spread = word * FACTOR & _WORD
        mixed = (mixed * FACTOR ^ (spread ^ spread >> 24) * FACTOR) & _WORD
    if tail:
        mixed = (mixed ^ int.from_bytes(key[-tail:], "little")) * FACTOR & _WORD
    mixed = (mixed ^ mixed >> 13) * FACTOR & _WORD
    return mixed ^ mixed >> 15


@lru_cache(maxsize=64)
def _words(count: int) -> struct.Struct:
    return struct.Struct(f"<{count}I")

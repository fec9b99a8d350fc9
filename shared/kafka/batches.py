"""Records as they travel: those of one partition together, acknowledged or lost as one."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from aiokafka.producer.message_accumulator import BatchBuilder

from shared.kafka.partitioning import partitions_of


class Record(NamedTuple):
    topic: str
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]] = ()


class Load(NamedTuple):
    """What something weighs while it is in flight."""

    records: int
    bytes: int


class Batch(NamedTuple):
    """`places` are those of its records among all."""

    partition: int
    builder: BatchBuilder
    places: Sequence[int]
    load: Load


def batches_of(
    records: Sequence[Record], partitions: int, create: Callable[[], BatchBuilder]
) -> Iterator[Batch]:
    """Batches of all records of one topic; within a partition they keep their order. Each is made
    when it is asked for.
    """
    by_partition: dict[int, list[int]] = defaultdict(list)
    for place, partition in enumerate(partitions_of([one.key for one in records], partitions)):
        by_partition[partition].append(place)
    for partition, places in by_partition.items():
        begin = 0
        while begin < len(places):
            builder = create()
            load = _fill(builder, [records[place] for place in places[begin:]])
            yield Batch(partition, builder, places[begin : begin + load.records], load)
            begin += load.records


def _fill(builder: BatchBuilder, records: Sequence[Record]) -> Load:
    """Puts in as many as there is room for, and one at least."""
    taken = size = 0
    for _, key, value, headers in records:
        if builder.append(timestamp=None, key=key, value=value, headers=[*headers]) is None:
            break
        taken += 1
        size += len(value)
    return Load(taken, size)

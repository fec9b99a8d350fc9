"""Consumers that choose their partitions themselves: no group, no rebalance."""

from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.contracts.topics import Topic
from shared.kafka.stopping import stop_consumer


def partitions_of(topic: Topic) -> tuple[TopicPartition, ...]:
    """All partitions of the topic by the registry."""
    return tuple(TopicPartition(topic.name, number) for number in range(topic.partitions))


async def start_assigned_consumer(
    bootstrap: str,
    partitions: Sequence[TopicPartition],
    *,
    client_id: str,
    group: str | None = None,
) -> AIOKafkaConsumer:
    """Started consumer of just these partitions, of raw bytes. The caller seeks, and stops it.

    `group` only names where positions are kept for others to see; nothing is committed unasked.
    A position outside the log raises OffsetOutOfRangeError: it is never reset in silence.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        client_id=client_id,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=4 * 1024 * 1024,
        fetch_max_wait_ms=200,
    )
    try:
        await consumer.start()
    except BaseException:
        await stop_consumer(consumer)
        raise
    consumer.assign(list(partitions))
    return consumer

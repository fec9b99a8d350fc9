"""Consumers that choose their partitions themselves: no group, no rebalance.

A partition that is added to a topic is read by none of them, so each looks whether there is one.
"""

from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from shared.contracts.topics import Topic
from shared.kafka.admin import check_counts
from shared.kafka.dead_letters import RawRecord
from shared.kafka.stopping import stop_consumer

# How old what a consumer knows of its topics may grow.
HEARD_MILLISECONDS = 5000


def partitions_of(topic: Topic) -> tuple[TopicPartition, ...]:
    """All partitions of the topic by the registry."""
    return tuple(TopicPartition(topic.name, number) for number in range(topic.partitions))


def check_heard(consumer: AIOKafkaConsumer, topics: Iterable[Topic]) -> None:
    """Raises TopicMismatch for a topic that has another number of partitions than the registry
    says. By what the consumer last heard from the broker, so it asks nobody and may be called for
    each batch; a topic that it has not heard of passes.
    """
    heard = {topic: consumer.partitions_for_topic(topic.name) for topic in topics}
    known = {topic: len(partitions) for topic, partitions in heard.items() if partitions}
    check_counts(known, {topic.name: count for topic, count in known.items()})


def raw_record(record: ConsumerRecord) -> RawRecord:
    """The record as Kafka gave it."""
    return RawRecord(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp_ms=record.timestamp,
        key=record.key,
        value=record.value,
        headers=tuple(record.headers),
    )


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
        metadata_max_age_ms=HEARD_MILLISECONDS,
    )
    try:
        await consumer.start()
    except BaseException:
        await stop_consumer(consumer)
        raise
    consumer.assign(list(partitions))
    return consumer

"""What the topics hold that the database may lack, read without a group."""

from collections.abc import AsyncIterator, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from services.review.decisions.log_headers import origin_of
from services.review.restore.rules import Told
from shared.contracts.codec import decode_event
from shared.contracts.reference import PlatformRecord, PolicyRecord
from shared.contracts.topics import DECISIONS, PLATFORMS, POLICIES, Topic
from shared.kafka.consumer import partitions_of
from shared.kafka.reference import ReferenceView
from shared.kafka.stopping import stop_consumer
from shared.observability.traces import traceparent_of

POLL_MILLISECONDS = 500


async def events(bootstrap: str) -> AsyncIterator[list[Told]]:
    """All of `decisions` to the end it has now, in batches. Raises Undecodable."""
    async for records in _records(bootstrap, DECISIONS):
        yield [
            Told(
                event=decode_event(record.value),
                body=record.value.decode(),
                origin=origin_of(record.headers),
                traceparent=traceparent_of(record.headers),
                place=(record.partition, record.offset),
            )
            for record in records
        ]


async def reference(bootstrap: str) -> tuple[list[PlatformRecord], list[PolicyRecord]]:
    """The newest record of each platform and of each policy."""
    platforms = ReferenceView(PLATFORMS, PlatformRecord)
    policies = ReferenceView(POLICIES, PolicyRecord)
    async for records in _records(bootstrap, PLATFORMS):
        for record in records:
            platforms.apply(record.key, record.value)
    async for records in _records(bootstrap, POLICIES):
        for record in records:
            policies.apply(record.key, record.value)
    return list(platforms.records.values()), list(policies.records.values())


async def ends(bootstrap: str, topic: Topic) -> dict[int, int]:
    """By partition, of those that hold anything: the offset behind the last record."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="none"
    )
    await consumer.start()
    try:
        partitions = partitions_of(topic)
        begins = await consumer.beginning_offsets(partitions)
        found = await consumer.end_offsets(partitions)
    finally:
        await stop_consumer(consumer)
    return {tp.partition: end for tp, end in found.items() if end > begins[tp]}


async def _records(bootstrap: str, topic: Topic) -> AsyncIterator[Sequence[ConsumerRecord]]:
    """Committed ones: the relays publish in transactions."""
    partitions: list[TopicPartition] = list(partitions_of(topic))
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        client_id="mizan-restore",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    await consumer.start()
    try:
        consumer.assign(partitions)
        wanted = await consumer.end_offsets(partitions)
        while [tp for tp in partitions if await consumer.position(tp) < wanted[tp]]:
            for batch in (await consumer.getmany(timeout_ms=POLL_MILLISECONDS)).values():
                yield batch
    finally:
        await stop_consumer(consumer)

"""Single records, read from Kafka by their places; no group, and nobody's position moves."""

import asyncio
from collections.abc import Collection

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from services.review.dead_letters.rules import Place
from shared.kafka.consumer import raw_record, start_assigned_consumer
from shared.kafka.dead_letters import RawRecord
from shared.kafka.producer import BrokerAway
from shared.kafka.stopping import stop_consumer

ANSWER_SECONDS = 10.0
POLL_MILLISECONDS = 500
MOST_RECORDS = 500


async def fetch_records(bootstrap: str, places: Collection[Place]) -> dict[Place, RawRecord]:
    """Those of the records that Kafka still keeps. Raises BrokerAway when it does not answer."""
    partitions = sorted({TopicPartition(place.topic, place.partition) for place in places})
    if not partitions:
        return {}
    try:
        starting = start_assigned_consumer(
            bootstrap, partitions, client_id="mizan-dead-letters-command"
        )
        consumer = await asyncio.wait_for(starting, ANSWER_SECONDS)
    except TimeoutError as error:
        raise BrokerAway("Kafka does not answer") from error
    try:
        return await _Reading(consumer, places).all()
    except TimeoutError as error:
        raise BrokerAway("Kafka does not answer") from error
    finally:
        await stop_consumer(consumer)


class _Reading:
    """Goes through each partition from one wanted offset to the next."""

    def __init__(self, consumer: AIOKafkaConsumer, places: Collection[Place]) -> None:
        self._consumer = consumer
        self._found: dict[Place, RawRecord] = {}
        self._wanted: dict[TopicPartition, list[int]] = {}
        for place in sorted(places):
            partition = TopicPartition(place.topic, place.partition)
            self._wanted.setdefault(partition, []).append(place.offset)

    async def all(self) -> dict[Place, RawRecord]:
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._leave_out_what_is_gone()
        while self._wanted:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._some()
        return self._found

    async def _leave_out_what_is_gone(self) -> None:
        begins = await self._consumer.beginning_offsets(list(self._wanted))
        ends = await self._consumer.end_offsets(list(self._wanted))
        for partition, offsets in list(self._wanted.items()):
            kept = [one for one in offsets if begins[partition] <= one < ends[partition]]
            self._go_on(partition, kept, at=None)

    async def _some(self) -> None:
        """Returns with at least one record read. A read to the end finds nothing new for ever, so
        what is waited for has to be inside the log.
        """
        batches: dict[TopicPartition, list[ConsumerRecord]] = {}
        while not batches:
            batches = await self._consumer.getmany(
                *self._wanted, timeout_ms=POLL_MILLISECONDS, max_records=MOST_RECORDS
            )
        for partition, records in batches.items():
            wanted = set(self._wanted[partition])
            for record in records:
                if record.offset in wanted:
                    place = Place(partition.topic, partition.partition, record.offset)
                    self._found[place] = raw_record(record)
            left = [one for one in self._wanted[partition] if one > records[-1].offset]
            self._go_on(partition, left, at=records[-1].offset + 1)

    def _go_on(self, partition: TopicPartition, left: list[int], at: int | None) -> None:
        """`at` is where the consumer stands; a long way to the next wanted one is leapt over."""
        if not left:
            del self._wanted[partition]
            self._consumer.pause(partition)
            return
        self._wanted[partition] = left
        if at is None or left[0] - at > MOST_RECORDS:
            self._consumer.seek(partition, left[0])

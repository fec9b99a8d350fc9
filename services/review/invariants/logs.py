"""What the topics hold, read without a group and without moving anybody's position."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import BaseModel, ValidationError

from services.review.dead_letters.rules import first_place
from services.review.invariants.rules import Body, Letter, Log, Place
from shared.contracts.topics import REPORTS, SCORED_REPORTS, Topic
from shared.kafka.admin import check_partitions
from shared.kafka.consumer import partitions_of
from shared.kafka.dead_letters import find_verdict
from shared.kafka.stopping import stop_consumer

SCORING_GROUP = "scoring"
POLL_MILLISECONDS = 500


class _Keys(BaseModel):
    report_id: str
    body_hash: str


class _Scored(BaseModel):
    report: _Keys


class Topics:
    """Reads what is there now; a topic that grows meanwhile is read to the end it had."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap

    async def check(self) -> None:
        """Raises TopicMismatch where there are partitions that nobody here reads."""
        await check_partitions(self._bootstrap, (REPORTS, SCORED_REPORTS))

    async def scored_up_to(self) -> dict[int, int]:
        """By partition of `reports`: what the scorer has committed; absent before its first."""
        async with self._consumer(SCORING_GROUP) as consumer:
            committed = {
                partition.partition: await consumer.committed(partition)
                for partition in partitions_of(REPORTS)
            }
        return {number: offset for number, offset in committed.items() if offset is not None}

    async def begins(self, topic: Topic) -> dict[int, int]:
        async with self._consumer() as consumer:
            found = await consumer.beginning_offsets(list(partitions_of(topic)))
        return {partition.partition: offset for partition, offset in found.items()}

    async def bodies(self, topic: Topic, up_to: Mapping[int, int] | None = None) -> Log:
        """Of `reports` or `scored-reports`; `up_to` is exclusive, None for the present end."""
        bodies: dict[Place, Body] = {}
        unreadable: set[Place] = set()
        async for place, value, _ in self._records(topic.name, topic, up_to):
            body = _body(topic, value)
            if body is None:
                unreadable.add(place)
            else:
                bodies[place] = body
        return Log(bodies, frozenset(unreadable))

    async def dead(self, topic: Topic) -> list[Letter]:
        """All dead letters of the topic that are kept."""
        found: list[Letter] = []
        async for place, _, headers in self._records(topic.dead_letter, topic, None):
            verdict = find_verdict(headers)
            if verdict is not None:
                origin = Place(verdict.origin.partition, verdict.origin.offset)
                found.append(Letter(place, origin, first_place(verdict.first)))
        return found

    async def _records(
        self, name: str, topic: Topic, up_to: Mapping[int, int] | None
    ) -> AsyncIterator[tuple[Place, bytes | None, tuple[tuple[str, bytes], ...]]]:
        partitions = [TopicPartition(name, number) for number in range(topic.partitions)]
        async with self._consumer() as consumer:
            begins = await consumer.beginning_offsets(partitions)
            ends = await consumer.end_offsets(partitions)
            if up_to is not None:
                ends = {tp: min(end, up_to.get(tp.partition, 0)) for tp, end in ends.items()}
            wanted = [tp for tp in partitions if begins[tp] < ends[tp]]
            consumer.assign(wanted)
            while wanted:
                for batch in (await consumer.getmany(timeout_ms=POLL_MILLISECONDS)).values():
                    for record in batch:
                        if record.offset < ends[TopicPartition(name, record.partition)]:
                            place = Place(record.partition, record.offset)
                            yield place, record.value, tuple(record.headers)
                wanted = [tp for tp in wanted if await consumer.position(tp) < ends[tp]]

    @asynccontextmanager
    async def _consumer(self, group: str | None = None) -> AsyncIterator[AIOKafkaConsumer]:
        """Of nothing yet. What it is given it reads from its beginning."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id="mizan-invariants",
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )
        await consumer.start()
        try:
            yield consumer
        finally:
            await stop_consumer(consumer)


def _body(topic: Topic, value: bytes | None) -> Body | None:
    try:
        if topic is SCORED_REPORTS:
            keys = _Scored.model_validate_json(value or b"").report
        else:
            keys = _Keys.model_validate_json(value or b"")
    except ValidationError:
        return None
    return Body(keys.report_id, keys.body_hash)

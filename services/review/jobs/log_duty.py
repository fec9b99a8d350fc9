"""A duty that folds a topic into the database: each record once, in batches, whatever happens.

The position is committed with the work it stands for. At every start it goes back ten minutes:
what it takes again changes nothing, and what a broker lost and got back is not missed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy.exc import DBAPIError

from services.review.database.engine import Database
from services.review.database.session import Session
from services.review.dead_letters.repository import settle
from services.review.dead_letters.rules import FirstPlace, first_place
from services.review.jobs.duty import Term
from services.review.jobs.lag import Lag
from services.review.jobs.positions import (
    Position,
    check_positions,
    load_positions,
    save_positions,
)
from services.review.metrics import CONSUMER_LAG, CONSUMER_LAG_RECORDS
from shared.clock import utc_now
from shared.contracts.codec import Undecodable
from shared.contracts.topics import Topic
from shared.kafka.admin import check_partitions
from shared.kafka.consumer import (
    check_heard,
    partitions_of,
    raw_record,
    start_assigned_consumer,
)
from shared.kafka.dead_letters import DeadLetters, RawRecord, find_first
from shared.kafka.producer import LARGEST_DEAD_LETTER, make_producer, start_within
from shared.kafka.stopping import stop_consumer, stop_producer
from shared.kafka.topic_ids import topic_ids
from shared.observability.logging import logger

REWIND = timedelta(minutes=10)
MOST_RECORDS = 2000
POLL_MILLISECONDS = 300
# Of a batch that is read while another is written: so many, then the writing has its turn.
READ_AT_ONCE = 50

# What the database says of data that it can never take: data exceptions and broken constraints.
# Everything else (a lost connection, a lock, a full disk, a time-out) is waited for.
POISON_CLASSES = ("22", "23")
# A row that is referred to and is not there (a platform, a queue) may only not be seeded yet.
MISSING_REFERENCE = "23503"

log = logger(__name__)

Handler = Callable[[Session, Sequence[RawRecord]], Awaitable[None]]


def is_poison(error: BaseException) -> bool:
    """Whether the data itself is at fault, so that trying again gives the same."""
    if isinstance(error, Undecodable):
        return True
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        if state == MISSING_REFERENCE:
            return False
        return isinstance(state, str) and state[:2] in POISON_CLASSES
    return False


@dataclass(frozen=True)
class LogDuty:
    """`handle` writes a batch and must be idempotent; it raises poison for data that it can never
    take. `mirror_group` is a Kafka group in which others see the position, `dead_letters` is
    False for a topic that has no dead letters of its own.

    While a batch is written the next one is fetched, and `read_ahead` called with its records, a
    few at a time: it may keep what it makes of them for `handle`, and never raises.
    """

    name: str
    topic: Topic
    database: Database
    bootstrap: str
    handle: Handler
    mirror_group: str | None = None
    dead_letters: bool = True
    read_ahead: Callable[[Sequence[RawRecord]], None] | None = None

    async def serve(self, term: Term) -> None:
        await check_partitions(self.bootstrap, [self.topic])
        topic_id = (await topic_ids(self.bootstrap, [self.topic.name]))[self.topic.name]
        producer = make_producer(
            self.bootstrap, client_id=f"mizan-{self.name}", largest_record=LARGEST_DEAD_LETTER
        )
        await start_within(producer, 10)
        consumer = await start_assigned_consumer(
            self.bootstrap,
            partitions_of(self.topic),
            client_id=f"mizan-{self.name}",
            group=self.mirror_group,
        )
        try:
            await self._fold(term, consumer, DeadLetters(producer), topic_id)
        finally:
            await stop_consumer(consumer)
            await stop_producer(producer)

    async def _fold(
        self, term: Term, consumer: AIOKafkaConsumer, dead_letters: DeadLetters, topic_id: str
    ) -> None:
        lag = Lag(await self._seek(term, consumer, topic_id))
        coming = asyncio.create_task(self._fetch(consumer))
        try:
            while not term.stopping:
                term.turned()
                check_heard(consumer, [self.topic])
                records = await coming
                if records:
                    records += await self._fetch(consumer, filled=len(records))
                # before more is fetched: it goes by how far the consumer has come
                await self._show_lag(lag, consumer, records)
                coming = asyncio.create_task(self._fetch(consumer))
                if records:
                    await self._take(term, dead_letters, records, topic_id)
                    lag.taken(records)
                    await self._mirror(consumer, records)
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    async def _fetch(self, consumer: AIOKafkaConsumer, *, filled: int = 0) -> list[RawRecord]:
        """Waits for records; to fill up a batch takes what is there, which may be nothing."""
        most = MOST_RECORDS - filled
        if most <= 0:
            return []
        batches = await consumer.getmany(
            timeout_ms=0 if filled else POLL_MILLISECONDS, max_records=most
        )
        records = [raw_record(record) for batch in batches.values() for record in batch]
        if self.read_ahead is not None:
            for start in range(0, len(records), READ_AT_ONCE):
                self.read_ahead(records[start : start + READ_AT_ONCE])
                await asyncio.sleep(0)
        return records

    async def _seek(
        self, term: Term, consumer: AIOKafkaConsumer, topic_id: str
    ) -> dict[int, Position]:
        partitions = partitions_of(self.topic)
        begins = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        async with term.transaction(self.database) as session:
            positions = await load_positions(session, self.name, self.topic.name)
        check_positions(
            positions,
            topic=self.topic.name,
            topic_id=topic_id,
            begins={partition.partition: offset for partition, offset in begins.items()},
            ends={partition.partition: offset for partition, offset in ends.items()},
        )
        earlier = await self._rewound(consumer, positions)
        for partition in partitions:
            start = begins[partition]
            if partition.partition in positions:
                known = positions[partition.partition].next_offset
                start = min(known, earlier.get(partition, known))
            consumer.seek(partition, start)
        return positions

    async def _rewound(
        self, consumer: AIOKafkaConsumer, positions: dict[int, Position]
    ) -> dict[TopicPartition, int]:
        times = {
            TopicPartition(self.topic.name, number): int(
                (position.record_at - REWIND).timestamp() * 1000
            )
            for number, position in positions.items()
            if position.record_at is not None
        }
        found = await consumer.offsets_for_times(times) if times else {}
        return {partition: at.offset for partition, at in found.items() if at is not None}

    async def _take(
        self,
        term: Term,
        dead_letters: DeadLetters,
        records: Sequence[RawRecord],
        topic_id: str,
    ) -> None:
        async with term.transaction(self.database) as session:
            await self._apply(session, dead_letters, records)
            await save_positions(session, self.name, self.topic.name, _ends(records, topic_id))

    async def _apply(
        self, session: Session, dead_letters: DeadLetters, records: Sequence[RawRecord]
    ) -> None:
        """The batch, or what is left of it after the records that can never be taken are found by
        halving. Their dead letters are acknowledged before the position moves. What was put back
        and is taken now closes its dead letter.
        """
        try:
            async with session.begin_nested():
                await self.handle(session, records)
                if self.dead_letters:
                    await settle(session, _put_back(records))
        except Exception as error:
            if not is_poison(error) or not self.dead_letters:
                raise
            if len(records) == 1:
                log.warning("record_dead_lettered", consumer=self.name, offset=records[0].offset)
                await dead_letters.write(records[0], cause=_cause(error), error=error)
                return
            middle = len(records) // 2
            await self._apply(session, dead_letters, records[:middle])
            await self._apply(session, dead_letters, records[middle:])

    async def _mirror(self, consumer: AIOKafkaConsumer, records: Sequence[RawRecord]) -> None:
        """For others to see only: it is never read back, and may fail."""
        if self.mirror_group is None:
            return
        offsets = {
            TopicPartition(record.topic, record.partition): record.offset + 1 for record in records
        }
        try:
            await asyncio.wait_for(consumer.commit(offsets), 5)
        except Exception as error:  # noqa: BLE001 — the next batch mirrors again
            log.info("position_not_mirrored", consumer=self.name, cause=type(error).__name__)

    async def _show_lag(
        self, lag: Lag, consumer: AIOKafkaConsumer, records: Sequence[RawRecord]
    ) -> None:
        """Before the records are taken, so that a batch that fails again and again shows."""
        unread = {
            partition.partition: (await consumer.position(partition), end)
            for partition in partitions_of(self.topic)
            if (end := consumer.highwater(partition)) is not None
        }
        seconds = lag.seconds(utc_now(), in_hand=records, unread=unread)
        CONSUMER_LAG.labels(self.name).set(seconds)
        CONSUMER_LAG_RECORDS.labels(self.name).set(lag.records(in_hand=records, unread=unread))


def _ends(records: Sequence[RawRecord], topic_id: str) -> list[Position]:
    last = {record.partition: record for record in records}
    return [
        Position(partition, topic_id, record.offset + 1, record.stamp)
        for partition, record in last.items()
    ]


def _put_back(records: Sequence[RawRecord]) -> list[FirstPlace]:
    firsts = (find_first(record.headers) for record in records)
    return [first_place(first) for first in firsts if first is not None]


def _cause(error: BaseException) -> str:
    return "undecodable" if isinstance(error, Undecodable) else "refused_by_database"

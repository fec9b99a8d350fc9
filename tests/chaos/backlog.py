"""How much work lies between the parts now: behind consumers in Kafka, and in the database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from services.review.database.outage import OF_THE_DRIVER
from shared.contracts.topics import FINGERPRINTS, MATCHES, REPORTS, SCORED_REPORTS, Topic
from shared.kafka.consumer import partitions_of

ANSWER_SECONDS = 3.0
SCORING, MATCHING = "scoring", "match"
GROUPS = {SCORING: REPORTS, MATCHING: FINGERPRINTS}
DUTIES = {"sink": SCORED_REPORTS, "matches": MATCHES}


class Away(Exception):
    """The broker or the database does not answer now."""


@dataclass(frozen=True)
class Waiting:
    """What the review worker has still to do with what is in the database."""

    drafts: int
    unpublished: int
    deliveries: int
    audit: int

    @property
    def total(self) -> int:
        return self.drafts + self.unpublished + self.deliveries + self.audit


class Backlog:
    """Looks without touching: no position of anybody is moved."""

    def __init__(self, consumers: dict[str, AIOKafkaConsumer], database_url: str) -> None:
        self._consumers = consumers
        self._database_url = database_url
        self._connection: asyncpg.Connection | None = None

    async def behind(self, group: str) -> int:
        """Records that the group has not committed. Raises Away."""
        consumer, partitions = self._consumers[group], list(partitions_of(GROUPS[group]))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                ends = await consumer.end_offsets(partitions)
                done = [await consumer.committed(partition) or 0 for partition in partitions]
        except (KafkaError, OSError, TimeoutError) as error:
            raise Away(type(error).__name__) from error
        behind: int = sum(ends.values()) - sum(done)
        return max(0, behind)

    async def duty_behind(self, duty: str) -> int:
        """Records that a duty of the review worker has not taken. Raises Away."""
        topic = DUTIES[duty]
        done = await self._row(_POSITION, duty, topic.name)
        return await self._end(topic) - int(done[0])

    async def in_database(self) -> Waiting:
        """Raises Away."""
        row = await self._row(_WAITING)
        return Waiting(*(int(value) for value in row))

    async def of_worker(self) -> int:
        """All that the review worker has to do. Raises Away."""
        return await self.duty_behind("sink") + (await self.in_database()).total

    async def total(self) -> int:
        """0 when everything that was begun is through. Raises Away."""
        streams = [await self.behind(group) for group in GROUPS]
        duties = [await self.duty_behind(duty) for duty in DUTIES]
        return sum(streams) + sum(duties) + (await self.in_database()).total

    async def leaders(self) -> set[int]:
        """Pids of all that led a duty last. Raises Away."""
        rows = await self._rows(_LEADERS)
        return {pid for (pid,) in rows}

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.terminate()

    async def _end(self, topic: Topic) -> int:
        consumer = self._consumers[SCORING]
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return sum((await consumer.end_offsets(list(partitions_of(topic)))).values())
        except (KafkaError, OSError, TimeoutError) as error:
            raise Away(type(error).__name__) from error

    async def _row(self, query: str, *values: str) -> list[int]:
        (row,) = await self._rows(query, *values)
        return row

    async def _rows(self, query: str, *values: str) -> list[list[int]]:
        """On a connection that is made anew after each failure."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                if self._connection is None:
                    self._connection = await asyncpg.connect(self._database_url)
                return [list(row) for row in await self._connection.fetch(query, *values)]
        except (OSError, *OF_THE_DRIVER, TimeoutError) as error:
            if self._connection is not None:
                self._connection.terminate()
            self._connection = None
            raise Away(type(error).__name__) from error


@contextlib.asynccontextmanager
async def watching(kafka: str, database_url: str) -> AsyncIterator[Backlog]:
    consumers = {
        group: AIOKafkaConsumer(
            bootstrap_servers=kafka,
            client_id="mizan-chaos",
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="none",
        )
        for group in GROUPS
    }
    backlog = Backlog(consumers, database_url)
    try:
        for consumer in consumers.values():
            await consumer.start()
        yield backlog
    finally:
        await backlog.close()
        for consumer in consumers.values():
            await consumer.stop()


_POSITION = (
    "select coalesce(sum(next_offset), 0) from consumer_positions"
    " where consumer = $1 and topic = $2"
)
_LEADERS = "select distinct split_part(holder, ':', 2)::int from duties"
_WAITING = (
    "select (select count(*) from outbox),"
    " (select count(*) from events where published_at is null),"
    " (select count(*) from webhook_deliveries where state = 'pending'),"
    " (select count(*) from audit_outbox)"
)

"""Duties led by hand in the test's own loop, and a topic folded into a table of the test."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import ConsumerRecord
from sqlalchemy import text

from services.review.database.engine import Database
from services.review.database.session import Session
from services.review.jobs.duty import Duty, Term
from services.review.jobs.log_duty import LogDuty
from shared.contracts.topics import Topic
from shared.kafka.consumer import partitions_of
from shared.kafka.dead_letters import RawRecord
from shared.observability.admin import Liveness

_TAKE_ONCE = text(
    "insert into taken (place, body) values (:place, cast(:body as jsonb))"
    " on conflict do nothing returning place"
)


@dataclass
class Fold:
    """A handler that writes each record into `taken` once. `calls` has the size of each batch and
    `new` the places that this run itself wrote.
    """

    calls: list[int] = field(default_factory=list)
    new: list[str] = field(default_factory=list)

    async def __call__(self, session: Session, records: Sequence[RawRecord]) -> None:
        self.calls.append(len(records))
        rows = [
            {"place": f"{record.partition}/{record.offset}", "body": (record.value or b"").decode()}
            for record in records
        ]
        for row in rows:
            found = (await session.execute(_TAKE_ONCE, row)).scalar()
            if found is not None:
                self.new.append(str(found))


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database as a duty sees it, with the table that `Fold` writes."""
    await execute(url, "create table if not exists taken (place text primary key, body jsonb)")
    await execute(url, "grant select, insert on taken to mizan_worker")
    database = Database(url, pool_size=4, application="test")
    try:
        yield database
    finally:
        await database.close()


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def fetch(url: str, query: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def positions(url: str, consumer: str) -> dict[int, int]:
    rows = await fetch(
        url,
        f"select partition, next_offset from consumer_positions where consumer = '{consumer}'",
    )
    return {int(str(partition)): int(str(offset)) for partition, offset in rows}


async def new_term(url: str, duty: str) -> Term:
    """A term as its leader has it: the epoch is raised, so every earlier one is stale."""
    rows = await fetch(
        url,
        f"insert into duties (name, epoch) values ('{duty}', 1)"
        " on conflict (name) do update set epoch = duties.epoch + 1 returning epoch",
    )
    return Term(duty, int(str(rows[0][0])), Liveness())


@contextlib.asynccontextmanager
async def served(duty: Duty, url: str) -> AsyncIterator["asyncio.Task[None]"]:
    """The duty at work in a new term. At the end it is stopped, and its error raised."""
    term = await new_term(url, duty.name)
    task = asyncio.create_task(duty.serve(term))
    try:
        yield task
    finally:
        term.stop()
        await asyncio.wait([task], timeout=20)
    if not task.cancelled():
        task.result()


def log_duty(topic: Topic, database: Database, bootstrap: str, fold: Fold) -> LogDuty:
    return LogDuty("stream-test", topic, database, bootstrap, fold)


async def send(bootstrap: str, topic: Topic, values: Sequence[bytes], partition: int = 0) -> None:
    """In order, to one partition."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        sent = [await producer.send(topic.name, value, partition=partition) for value in values]
        for acknowledged in sent:
            await acknowledged
    finally:
        await producer.stop()


async def read(bootstrap: str, topic: Topic, name: str) -> list[ConsumerRecord]:
    """All that the topic of this name holds, with the partitions of `topic`."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        wanted = [type(tp)(name, tp.partition) for tp in partitions_of(topic)]
        consumer.assign(wanted)
        ends = await consumer.end_offsets(wanted)
        found: list[ConsumerRecord] = []
        while [tp for tp in wanted if await consumer.position(tp) < ends[tp]]:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += records
        return found
    finally:
        await consumer.stop()

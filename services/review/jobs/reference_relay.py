"""Publishes platforms, keys and policies to the compacted topics, and mends what differs there.

A revocation is a record like any other. A relay of yesterday must not bring back what was revoked:
after compaction its record would be the only one left. So the broker fences it.
"""

import asyncio
import time
from dataclasses import dataclass

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.review.database.engine import Database
from services.review.jobs.duty import Duty, Term
from services.review.jobs.fenced_producer import FencedProducer, Outgoing, fenced_producer
from services.review.platforms import relay_repository
from services.review.platforms.relay_repository import ReferenceRow
from services.review.settings import Settings
from shared.contracts.topics import PLATFORMS, POLICIES
from shared.kafka.consumer import check_heard
from shared.kafka.producer import BrokerAway
from shared.kafka.stopping import stop_consumer
from shared.observability.logging import logger

TRANSACTIONAL_ID = "mizan-reference-relay"
POLL_SECONDS = 1.0
AWAY_SECONDS = 2.0
COMPARE_SECONDS = 60.0
READ_SECONDS = 30.0

log = logger(__name__)


@dataclass(frozen=True)
class ReferenceRelay:
    """Consumers pass over an older revision, so a record sent twice changes nothing."""

    database: Database
    bootstrap: str
    name: str = "reference-relay"
    compare_seconds: float = COMPARE_SECONDS

    async def serve(self, term: Term) -> None:
        while not term.stopping:
            try:
                async with fenced_producer(
                    term,
                    self.database,
                    bootstrap=self.bootstrap,
                    transactional_id=TRANSACTIONAL_ID,
                ) as producer:
                    await self._relay(term, producer)
            except (BrokerAway, KafkaError, TimeoutError) as error:
                log.warning("reference_data_not_published", cause=type(error).__name__)
                await term.pause(AWAY_SECONDS)

    async def _relay(self, term: Term, producer: FencedProducer) -> None:
        next_comparison = 0.0
        while not term.stopping:
            if time.monotonic() >= next_comparison:
                await self._compare(term)
                next_comparison = time.monotonic() + self.compare_seconds
            async with term.transaction(self.database) as session:
                rows = await relay_repository.list_unpublished_records(session)
            if rows:
                await producer.send([_outgoing(row) for row in rows])
                async with term.transaction(self.database) as session:
                    await relay_repository.mark_records_published(session, rows)
                log.info("reference_data_published", records=len(rows))
            await term.pause(POLL_SECONDS)

    async def _compare(self, term: Term) -> None:
        found = await _read_back(self.bootstrap)
        async with term.transaction(self.database) as session:
            differing = await relay_repository.mark_differing(session, found)
        if differing:
            log.warning("reference_data_differs", records=differing)


async def _read_back(bootstrap: str) -> dict[tuple[str, str], int]:
    """The last revision of each record, as a process that starts now would read it."""
    partitions = [TopicPartition(topic.name, 0) for topic in (PLATFORMS, POLICIES)]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        client_id=TRANSACTIONAL_ID,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    found: dict[tuple[str, str], int] = {}
    try:
        async with asyncio.timeout(READ_SECONDS):
            await consumer.start()
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            check_heard(consumer, (PLATFORMS, POLICIES))
            while [tp for tp in partitions if await consumer.position(tp) < ends[tp]]:
                for tp, records in (await consumer.getmany(timeout_ms=200)).items():
                    for record in records:
                        found[tp.topic, (record.key or b"").decode("utf-8", "replace")] = _revision(
                            record.value
                        )
    finally:
        await stop_consumer(consumer)
    return found


def _revision(value: bytes | None) -> int:
    """-1 for a record that nobody can read: it is written anew."""
    try:
        return int(orjson.loads(value or b"")["revision"])
    except (ValueError, KeyError, TypeError):
        return -1


def _outgoing(row: ReferenceRow) -> Outgoing:
    return Outgoing(row.topic, row.record_id.encode(), row.payload)


def duty(settings: Settings, database: Database) -> Duty:
    return ReferenceRelay(database, settings.kafka)

"""Writes to Kafka that a leader of yesterday cannot make: batches under one transactional id.

Whoever opens the producer fences every earlier one of that id, so a leader that was stopped and
wakes up is refused by the broker, as it is by the database.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerFenced

from services.review.database.engine import Database
from services.review.jobs.duty import Term
from shared.kafka.producer import BrokerAway, make_producer, start_within
from shared.kafka.stopping import stop_producer

START_SECONDS = 10.0
BATCH_SECONDS = 30.0


@dataclass(frozen=True)
class Outgoing:
    """A record to be sent."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


class FencedProducer:
    """Sends batches, each whole or not at all for readers of committed records."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def send(self, records: Sequence[Outgoing]) -> None:
        """Returns when the broker has committed all.

        Raises BrokerAway when that is not known: the batch may be there, and is sent again by a
        producer opened anew. Nothing is aborted here: opening it does that, on the broker's side.
        """
        try:
            async with asyncio.timeout(BATCH_SECONDS):
                await self._send(records)
        except ProducerFenced as error:
            raise BrokerAway("another producer has the transactional id now") from error
        except (KafkaError, TimeoutError, OSError) as error:
            raise BrokerAway("the batch was not acknowledged") from error

    async def _send(self, records: Sequence[Outgoing]) -> None:
        await self._producer.begin_transaction()
        waiting = [
            await self._producer.send(
                record.topic, record.value, key=record.key, headers=list(record.headers)
            )
            for record in records
        ]
        # all are heard before the first error is raised: none is left unheard
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        await self._producer.commit_transaction()


@contextlib.asynccontextmanager
async def fenced_producer(
    term: Term, database: Database, *, bootstrap: str, transactional_id: str
) -> AsyncIterator[FencedProducer]:
    """Open producer. Raises LostLeadership when this process leads no more: one that does not
    lead must not fence the one that does.
    """
    async with term.transaction(database):
        pass
    producer = make_producer(
        bootstrap, client_id=transactional_id, transactional_id=transactional_id
    )
    await start_within(producer, START_SECONDS)
    try:
        yield FencedProducer(producer)
    finally:
        await stop_producer(producer)

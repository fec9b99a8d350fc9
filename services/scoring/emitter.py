"""Sends what came of a batch, all at once, and returns when the broker has it all.

A broker that is away is waited for without end: nothing is given up and nothing is dropped.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Sequence
from typing import Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder

from services.scoring import metrics
from services.scoring.errors import TooLarge
from shared.kafka.batches import Record, batches_of
from shared.kafka.producer import LARGEST_DEAD_LETTER, BrokerAway, make_producer, start_within
from shared.kafka.stopping import stop_producer
from shared.observability.logging import logger

log = logger(__name__)

LARGEST_VALUE = 960 * 1024  # Kafka's limit of 1 MiB less room for key and headers
START_SECONDS = 10.0
CLOSE_SECONDS = 5.0
BACKOFF_SECONDS = (0.2, 5.0)
_FAILURES = (KafkaError, OSError, TimeoutError)


def check_size(value: bytes) -> None:
    """Raises TooLarge for a value that no topic takes."""
    if len(value) > LARGEST_VALUE:
        raise TooLarge(f"{len(value)} bytes")


class Batches(Protocol):
    """What is asked of a producer. aiokafka's is one."""

    async def partitions_for(self, topic: str, /) -> set[int]: ...

    def create_batch(self) -> BatchBuilder: ...

    async def send_batch(
        self, batch: BatchBuilder, topic: str, /, *, partition: int
    ) -> Awaitable[object]: ...


class Emitter:
    """One producer, replaced when it fails. Also the `Sender` of dead letters."""

    def __init__(self, bootstrap: str, *, client_id: str) -> None:
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Returns when the broker answers, however long that takes."""
        await self._running()

    async def close(self) -> None:
        """Waits a moment for what is under way. Call it when nothing is."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await stop_producer(producer, CLOSE_SECONDS)

    async def send_all(self, records: Sequence[Record]) -> None:
        """Returns when every record is acknowledged. After a failure those that were not are sent
        again, so a record may be stored twice, under the same key with the same bytes.
        """
        pending = list(records)
        delay = BACKOFF_SECONDS[0]
        while pending:
            pending = await self._attempt(pending)
            if pending:
                metrics.SEND_RETRIES.inc()
                await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311 — jitter
                delay = min(delay * 2, BACKOFF_SECONDS[1])

    async def send_and_wait(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        partition: int | None = None,
        *,
        headers: Sequence[tuple[str, bytes]] | None = None,
    ) -> object:
        """One try, to a named partition. The error of a failed one is raised."""
        producer = await self._running()
        try:
            return await producer.send_and_wait(
                topic, value=value, key=key, partition=partition, headers=list(headers or ())
            )
        except KafkaError:
            await self.close()
            raise

    async def _attempt(self, records: list[Record]) -> list[Record]:
        """Sends all, waits for all, and returns those that were not acknowledged."""
        producer = await self._running()
        by_topic: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            by_topic[record.topic].append(record)
        lots = await asyncio.gather(
            *(unacknowledged(producer, topic, sent) for topic, sent in by_topic.items())
        )
        failed = [record for lot in lots for record in lot]
        if failed:
            await self.close()
        return failed

    async def _running(self) -> AIOKafkaProducer:
        async with self._starting:
            delay = BACKOFF_SECONDS[0]
            while self._producer is None:
                producer = make_producer(
                    self._bootstrap, client_id=self._client_id, largest_record=LARGEST_DEAD_LETTER
                )
                try:
                    await start_within(producer, START_SECONDS)
                    self._producer = producer
                except BrokerAway:
                    log.warning("broker_away")
                    await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311 — jitter
                    delay = min(delay * 2, BACKOFF_SECONDS[1])
            return self._producer


async def unacknowledged(producer: Batches, topic: str, records: Sequence[Record]) -> list[Record]:
    """Sends records of one topic, a batch for each partition, and returns those that the broker
    did not acknowledge.
    """
    sent: list[tuple[Sequence[int], Awaitable[object]]] = []
    causes: list[BaseException] = []
    try:
        partitions = len(await producer.partitions_for(topic))
        for batch in batches_of(records, partitions, producer.create_batch):
            sending = await producer.send_batch(batch.builder, topic, partition=batch.partition)
            sent.append((batch.places, sending))
    except _FAILURES as error:
        causes.append(error)
    left = set(range(len(records)))
    results = await asyncio.gather(*(sending for _, sending in sent), return_exceptions=True)
    for (places, _), result in zip(sent, results, strict=True):
        if isinstance(result, _FAILURES):
            causes.append(result)
        elif isinstance(result, BaseException):
            raise result
        else:
            left.difference_update(places)
    if left:
        log.warning("send_retried", records=len(left), cause=type(causes[0]).__name__)
    return [records[place] for place in sorted(left)]

"""Sends what came of a batch, all at once, and returns when the broker has it all.

A broker that is away is waited for without end: nothing is given up and nothing is dropped.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.scoring import metrics
from services.scoring.errors import TooLarge
from shared.kafka.dead_letters import Headers
from shared.kafka.producer import LARGEST_DEAD_LETTER, BrokerAway, make_producer, start_within
from shared.kafka.stopping import stop_producer
from shared.observability.logging import logger

log = logger(__name__)

LARGEST_VALUE = 960 * 1024  # Kafka's limit of 1 MiB less room for key and headers
START_SECONDS = 10.0
CLOSE_SECONDS = 5.0
BACKOFF_SECONDS = (0.2, 5.0)


@dataclass(frozen=True)
class Outgoing:
    """One record to send."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers = ()


def check_size(value: bytes) -> None:
    """Raises TooLarge for a value that no topic takes."""
    if len(value) > LARGEST_VALUE:
        raise TooLarge(f"{len(value)} bytes")


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

    async def send_all(self, records: Sequence[Outgoing]) -> None:
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

    async def _attempt(self, records: list[Outgoing]) -> list[Outgoing]:
        """Sends all, waits for all, and returns those that were not acknowledged."""
        producer = await self._running()
        results = await asyncio.gather(
            *(self._one(producer, record) for record in records), return_exceptions=True
        )
        failed: list[Outgoing] = []
        for record, result in zip(records, results, strict=True):
            if isinstance(result, (KafkaError, OSError, TimeoutError)):
                failed.append(record)
                cause = type(result).__name__
            elif isinstance(result, BaseException):
                raise result
        if failed:
            log.warning("send_retried", records=len(failed), cause=cause)
            await self.close()
        return failed

    async def _one(self, producer: AIOKafkaProducer, record: Outgoing) -> None:
        acknowledged = await producer.send(
            record.topic, record.value, key=record.key, headers=list(record.headers)
        )
        await acknowledged

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

"""Reader of compacted reference topics: what a service knows of platforms, policies and lists.

Each process reads the whole topic at start and follows it from then on, without a group.
"""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Generic, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared.contracts.codec import Undecodable, decode
from shared.contracts.reference import PlatformRecord, PolicyRecord, WatchListRecord
from shared.contracts.topics import Topic
from shared.kafka.admin import TopicMismatch
from shared.kafka.consumer import HEARD_MILLISECONDS, check_heard
from shared.kafka.stopping import stop_consumer

R = TypeVar("R", PlatformRecord, PolicyRecord, WatchListRecord)

POLL_MILLISECONDS = 250
CONFIRM_SECONDS = 1.0
ATTEMPT_SECONDS = 15.0
BACKOFF_SECONDS = (0.2, 5.0)

log = structlog.get_logger(__name__)


class ReferenceView(Generic[R]):
    """Newest revision of each record of one topic.

    `version` grows with every change, so that what is derived from the records can be kept until
    then. A record that cannot be read leaves the one before it standing and is counted.
    """

    def __init__(self, topic: Topic, contract: type[R]) -> None:
        self.topic = topic
        self.version = 0
        self.unreadable = 0
        self._contract: type[R] = contract
        self._records: dict[str, R] = {}

    @property
    def records(self) -> Mapping[str, R]:
        """By record id, revoked and inactive ones included."""
        return MappingProxyType(self._records)

    def apply(self, key: bytes | None, value: bytes | None) -> None:
        """Take one record of the log. An older revision than the one known changes nothing."""
        try:
            record = decode(self._contract, value)
            name = (key or b"").decode()
        except (Undecodable, UnicodeDecodeError) as error:
            self.unreadable += 1
            log.error("reference_record_unreadable", topic=self.topic.name, cause=str(error))
            return
        known = self._records.get(name)
        if known is None or record.revision >= known.revision:
            self._records[name] = record
            self.version += 1


AnyView = (
    ReferenceView[PlatformRecord] | ReferenceView[PolicyRecord] | ReferenceView[WatchListRecord]
)


class ReferenceReader:
    """Keeps views current in one task until stopped.

    A broker that is away only lets the data grow old: the task tries again for ever with back-off
    and the views keep what they have. So does a topic with other partitions than the registry's.
    Reads committed records only (the relay publishes in
    transactions).
    """

    def __init__(self, bootstrap: str, views: Sequence[AnyView], *, client_id: str) -> None:
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._views = {TopicPartition(view.topic.name, 0): view for view in views}
        self._task: asyncio.Task[None] | None = None
        self._confirmed_at: float | None = None
        self.turned_at = time.monotonic()

    @property
    def ready(self) -> bool:
        """Whether every topic was once read to the end that it had at start."""
        return self._confirmed_at is not None

    def age_seconds(self) -> float:
        """Since the broker last confirmed that nothing newer exists; infinite before the first."""
        if self._confirmed_at is None:
            return float("inf")
        return time.monotonic() - self._confirmed_at

    def start(self) -> None:
        """Begin to read; returns at once, with or without a broker."""
        self._task = asyncio.create_task(self._run(), name="reference-reader")

    async def stop(self) -> None:
        """End the task and close its connections."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=10)
            self._task = None

    async def _run(self) -> None:
        delay = BACKOFF_SECONDS[0]
        while True:
            began = time.monotonic()
            try:
                await self._follow()
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("reference_reader_retries", cause=type(error).__name__)
            except TopicMismatch as error:
                log.error("reference_topic_refused", cause=str(error))
            if time.monotonic() - began > ATTEMPT_SECONDS * 2:
                delay = BACKOFF_SECONDS[0]
            self.turned_at = time.monotonic()
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311 — jitter
            delay = min(delay * 2, BACKOFF_SECONDS[1])

    async def _follow(self) -> None:
        partitions = list(self._views)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            request_timeout_ms=5000,
            metadata_max_age_ms=HEARD_MILLISECONDS,
        )
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                await consumer.start()
                consumer.assign(partitions)
            next_confirmation = 0.0
            while True:
                await self._take(consumer)
                if time.monotonic() >= next_confirmation and await self._confirm(consumer):
                    next_confirmation = time.monotonic() + CONFIRM_SECONDS
        finally:
            await stop_consumer(consumer)

    async def _take(self, consumer: AIOKafkaConsumer) -> None:
        batches = await consumer.getmany(timeout_ms=POLL_MILLISECONDS)
        check_heard(consumer, [view.topic for view in self._views.values()])
        for tp, records in batches.items():
            for record in records:
                self._views[tp].apply(record.key, record.value)
        self.turned_at = time.monotonic()

    async def _confirm(self, consumer: AIOKafkaConsumer) -> bool:
        """Ask the broker for the ends; true when all that stood there when asked is read."""
        asked_at = time.monotonic()
        async with asyncio.timeout(ATTEMPT_SECONDS):
            ends = await consumer.end_offsets(list(self._views))
            positions = {tp: await consumer.position(tp) for tp in ends}
        if any(positions[tp] < end for tp, end in ends.items()):
            return False
        if self._confirmed_at is None:
            log.info("reference_data_ready", topics=[tp.topic for tp in self._views])
        self._confirmed_at = asked_at
        return True

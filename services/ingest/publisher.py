"""Puts records into the log and answers when they are there for good."""

import asyncio
import contextlib
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata, TopicPartition

from services.ingest import metrics
from services.ingest.errors import Unavailable
from services.ingest.problems import Problem
from shared.kafka.batches import Batch, Load, Record, batches_of
from shared.kafka.partitions import partition_of
from shared.kafka.producer import BrokerAway, make_producer, start_within
from shared.kafka.stopping import stop_producer
from shared.observability.logging import logger

log = logger(__name__)

MakeProducer = Callable[[], AIOKafkaProducer]
Acknowledgement = asyncio.Future[RecordMetadata]
START_SECONDS = 10.0
BACKOFF_SECONDS = (0.1, 2.0)
LOOK_SECONDS = 0.5
RETRY_AFTER = 2


@dataclass(frozen=True)
class Bounds:
    """`ack_seconds` is the longest wait for an acknowledgement; the others bound memory."""

    ack_seconds: float
    records: int
    bytes: int


@dataclass
class _Partition:
    """What it owes: so many acknowledgements, and none since `silent_since` by the monotonic clock.
    One that owes nothing is not silent.
    """

    owed: int = 0
    silent_since: float = 0.0

    def owes(self) -> None:
        if not self.owed:
            self.silent_since = time.monotonic()
        self.owed += 1

    def silent_seconds(self) -> float:
        return time.monotonic() - self.silent_since if self.owed else 0.0


@dataclass
class _Line:
    """A producer with what it has in flight: both are given up together."""

    producer: AIOKafkaProducer
    broken: asyncio.Event
    records: int = 0
    bytes: int = 0
    handing: asyncio.Lock = field(default_factory=asyncio.Lock)
    partitions: dict[TopicPartition, _Partition] = field(
        default_factory=lambda: defaultdict(_Partition)
    )

    def count(self, load: Load, times: int = 1) -> None:
        self.records += times * load.records
        self.bytes += times * load.bytes

    def fail(self, error: BaseException) -> Unavailable:
        """A batch that failed for good leaves a gap in the sequence of its producer, so every
        later one might fail too: the producer is to be replaced.
        """
        if not self.broken.is_set():
            log.error("producer_broken", cause=type(error).__name__)
            self.broken.set()
        return Unavailable(Problem.KAFKA_AWAY, RETRY_AFTER)

    def landed(self, future: Acknowledgement, load: Load, partition: _Partition) -> None:
        self.count(load, -1)
        partition.owed -= 1
        if future.cancelled():
            return
        if (error := future.exception()) is not None:
            self.fail(error)
        else:
            partition.silent_since = time.monotonic()

    def silent_seconds(self) -> float:
        """Of the partition that has been silent for longest."""
        return max((one.silent_seconds() for one in self.partitions.values()), default=0.0)


@dataclass(frozen=True, eq=False)
class Sending:
    """What was handed over together."""

    future: Acknowledgement
    partition: _Partition

    @property
    def stored(self) -> bool:
        """Whether it is in the log, as far as is known."""
        future = self.future
        return future.done() and not future.cancelled() and future.exception() is None


class Publisher:
    """One producer at a time, replaced when it can never succeed again.

    An idempotent producer keeps a sent batch until the broker takes it, also when nobody waits for
    it any more: what was answered 503 may still be written, and counts as in flight until then.
    """

    def __init__(self, bootstrap: str, bounds: Bounds, make: MakeProducer | None = None) -> None:
        self._bounds = bounds
        self._make = make or (lambda: make_producer(bootstrap, client_id="mizan-ingest"))
        self._line: _Line | None = None
        self._task: asyncio.Task[None] | None = None
        self.turned_at = time.monotonic()

    @property
    def in_flight(self) -> int:
        return 0 if self._line is None else self._line.records

    def start(self) -> None:
        """Begins to connect; returns at once, with or without a broker."""
        self._task = asyncio.create_task(self._run(), name="publisher")

    async def stop(self) -> None:
        """Waits a little for what is in flight, then ends."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def connected(self) -> str | None:
        """A check for `/readyz`."""
        return None if self._line is not None else "no producer yet"

    async def publish(self, record: Record) -> datetime:
        """The broker's time of the record, which is in the log by then.

        Raises Unavailable within `ack_seconds`; then the record may still be written.
        """
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._bounds.ack_seconds):
                metadata = await asyncio.shield(await self.hand_over(record))
        except (TimeoutError, KafkaError):
            raise Unavailable(Problem.KAFKA_AWAY, RETRY_AFTER) from None
        metrics.SECONDS_TO_ACK.observe(time.monotonic() - began)
        return broker_time(metadata)

    async def hand_over(self, record: Record) -> Acknowledgement:
        """Future of the acknowledgement. It must not be cancelled: shield it. Waits while the
        batch of the partition is full. Raises Unavailable at once when too much is in flight.
        """
        topic, key, value, headers = record
        line = self._connected_line()
        count = len(await line.producer.partitions_for(topic))
        place = TopicPartition(topic, partition_of(key, count))
        return await self._handed_over(
            line,
            line.partitions[place],
            Load(1, len(value)),
            lambda: line.producer.send(
                topic, value, key, partition=place.partition, headers=[*headers]
            ),
        )

    def is_silent(self) -> bool:
        """Whether nothing can be handed over, or a partition owes what it should have acknowledged
        `ack_seconds` ago: who sends more learns nothing sooner.
        """
        line = self._line
        return line is None or line.silent_seconds() >= self._bounds.ack_seconds

    async def hand_over_all(self, records: Sequence[Record]) -> list[Sending | None]:
        """For each record, all of one topic, what it is sent with. None for what could not be
        handed over, as of `hand_over`.

        One caller after the other, and each waits while the partition goes on acknowledging what
        was handed over before; none is tried behind a batch that failed.
        """
        handed: list[Sending | None] = [None] * len(records)
        if not records:
            return handed
        topic = records[0].topic
        with contextlib.suppress(Unavailable, TimeoutError, KafkaError):
            line = self._connected_line()
            async with asyncio.timeout(self._bounds.ack_seconds):
                count = len(await line.producer.partitions_for(topic))
            async with line.handing:
                for batch in batches_of(records, count, line.producer.create_batch):
                    sending = await self._sent(line, topic, batch)
                    for place in batch.places:
                        handed[place] = sending
        return handed

    async def settle(self, sendings: Iterable[Sending]) -> None:
        """Returns when each is acknowledged or has failed, or when a partition of theirs has
        acknowledged nothing for `ack_seconds`, whoever waits for it: a busy log is waited for, one
        that is away is not.
        """
        waiting = set(sendings)
        while waiting := {one for one in waiting if not one.future.done()}:
            left = min(self._patience(one.partition) for one in waiting)
            if left <= 0:
                return
            await asyncio.wait([one.future for one in waiting], timeout=left)

    def _patience(self, partition: _Partition) -> float:
        return self._bounds.ack_seconds - partition.silent_seconds()

    async def _sent(self, line: _Line, topic: str, batch: Batch) -> Sending:
        """Raises Unavailable, KafkaError, and TimeoutError when patience is at its end."""
        partition = line.partitions[TopicPartition(topic, batch.partition)]
        send = partial(line.producer.send_batch, batch.builder, topic, partition=batch.partition)
        while (left := self._patience(partition)) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    return Sending(
                        await self._handed_over(line, partition, batch.load, send), partition
                    )
        raise TimeoutError

    def _connected_line(self) -> _Line:
        if self._line is None:
            raise Unavailable(Problem.KAFKA_AWAY, RETRY_AFTER)
        return self._line

    async def _handed_over(
        self,
        line: _Line,
        partition: _Partition,
        load: Load,
        send: Callable[[], Awaitable[Acknowledgement]],
    ) -> Acknowledgement:
        if (
            line.records + load.records > self._bounds.records
            or line.bytes + load.bytes > self._bounds.bytes
        ):
            raise Unavailable(Problem.OVERLOADED, RETRY_AFTER)
        line.count(load)
        try:
            future = await send()
        except BaseException as error:
            line.count(load, -1)
            if isinstance(error, KafkaError):
                raise line.fail(error) from None
            raise
        partition.owes()
        future.add_done_callback(partial(line.landed, load=load, partition=partition))
        return future

    async def _run(self) -> None:
        delay = BACKOFF_SECONDS[0]
        while True:
            self.turned_at = time.monotonic()
            producer = self._make()
            try:
                await start_within(producer, START_SECONDS)
            except (BrokerAway, OSError) as error:
                log.warning("producer_not_started", cause=type(error).__name__)
                await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311 — jitter
                delay = min(delay * 2, BACKOFF_SECONDS[1])
                continue
            delay = BACKOFF_SECONDS[0]
            await self._use(_Line(producer, asyncio.Event()))
            metrics.PRODUCER_REPLACED.inc()

    async def _use(self, line: _Line) -> None:
        """Returns when the producer can no longer be used; it is stopped then."""
        self._line = line
        try:
            while not line.broken.is_set() and not _sender_ended(line.producer):
                self.turned_at = time.monotonic()
                metrics.IN_FLIGHT.set(line.records)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(line.broken.wait(), LOOK_SECONDS)
        finally:
            self._line = None
            await stop_producer(line.producer)


def _sender_ended(producer: AIOKafkaProducer) -> bool:
    """Whether the task that sends has died: then nothing would ever be acknowledged again."""
    task = producer._sender.sender_task  # noqa: SLF001 — aiokafka tells nobody else
    return bool(task is not None and task.done())


def broker_time(metadata: RecordMetadata) -> datetime:
    return datetime.fromtimestamp(metadata.timestamp / 1000, UTC)

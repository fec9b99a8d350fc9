"""How far a consumer is behind, measured from outside it: by its committed position and the log.

Works for every consumer that commits to a group, however it is run, and keeps measuring while it
is stuck. Also notices a topic that no longer has the partitions of the registry.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.scoring import metrics
from shared.clock import Clock
from shared.contracts.topics import Topic
from shared.kafka.consumer import HEARD_MILLISECONDS, check_heard
from shared.kafka.stopping import stop_consumer
from shared.observability.logging import logger

log = logger(__name__)

EVERY_SECONDS = 5.0
ANSWER_SECONDS = 10.0
FRESH_SECONDS = 20.0


@dataclass(frozen=True)
class _Waiting:
    """What lies past the committed positions, and when the oldest of it was written."""

    oldest_milliseconds: int | None
    records: int


class LagWatch:
    """Sets the lag metric of one group on the given partitions of one topic."""

    def __init__(
        self, *, bootstrap: str, group: str, topic: Topic, partitions: Sequence[int], clock: Clock
    ) -> None:
        self._bootstrap = bootstrap
        self._group = group
        self._topic = topic
        self._partitions = [TopicPartition(topic.name, number) for number in partitions]
        self._clock = clock
        self._answered_at: float | None = None

    async def broker_answers(self) -> str | None:
        """A check for `/readyz`: None while the broker has answered lately."""
        if self._answered_at is None:
            return "the broker has not answered yet"
        age = time.monotonic() - self._answered_at
        return None if age < FRESH_SECONDS else f"the broker was last heard {age:.0f} s ago"

    async def run(self) -> None:
        """Measures until cancelled, through outages. Raises TopicMismatch."""
        while True:
            try:
                await self._measure_for_ever()
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("lag_not_measured", cause=type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    async def _measure_for_ever(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id=f"mizan-lag-{self._group}",
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=1024,  # a single batch is always given
            metadata_max_age_ms=HEARD_MILLISECONDS,
        )
        try:
            await asyncio.wait_for(consumer.start(), ANSWER_SECONDS)
            while True:
                async with asyncio.timeout(ANSWER_SECONDS):
                    waiting = await self._waiting(consumer)
                now = self._clock().timestamp()
                oldest = waiting.oldest_milliseconds
                lag = 0.0 if oldest is None else max(now - oldest / 1000, 0.0)
                metrics.LAG_SECONDS.labels(self._group).set(lag)
                metrics.LAG_RECORDS.labels(self._group).set(waiting.records)
                self._answered_at = time.monotonic()
                await asyncio.sleep(EVERY_SECONDS)
        finally:
            await stop_consumer(consumer)

    async def _waiting(self, consumer: AIOKafkaConsumer) -> _Waiting:
        check_heard(consumer, [self._topic])
        ends = await consumer.end_offsets(self._partitions)
        starts = await consumer.beginning_offsets(self._partitions)
        stamps: list[int] = []
        records = 0
        for partition in self._partitions:
            position = max(await consumer.committed(partition) or 0, starts[partition])
            records += max(ends[partition] - position, 0)
            if position < ends[partition]:
                consumer.assign([partition])
                consumer.seek(partition, position)
                stamps.append((await consumer.getone(partition)).timestamp)
        consumer.unsubscribe()
        return _Waiting(min(stamps, default=None), records)

"""Whether what is accepted now would still be there when its turn comes."""

import asyncio
import random
import time
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.ingest import metrics
from shared.clock import Clock
from shared.contracts.topics import REPORTS, SCORED_REPORTS, Topic
from shared.kafka.consumer import partitions_of
from shared.kafka.stopping import stop_consumer
from shared.observability.logging import logger

log = logger(__name__)

EVERY_SECONDS = 15.0
ANSWER_SECONDS = 10.0


@dataclass(frozen=True)
class Watched:
    """A consumer by the group in which its position can be seen."""

    group: str
    topic: Topic


@dataclass(frozen=True)
class _Standing:
    """`records` are not taken yet; `late` is by the age of the oldest."""

    late: bool
    records: int


WATCHED = (Watched("scoring", REPORTS), Watched("review-sink", SCORED_REPORTS))


class Backlog:
    """`late` names the first consumer that lags by more than half of the retention."""

    def __init__(self, bootstrap: str, clock: Clock) -> None:
        self._bootstrap = bootstrap
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._late: dict[str, bool] = {}
        self.turned_at = time.monotonic()

    @property
    def late(self) -> str | None:
        return next((group for group, late in self._late.items() if late), None)

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="backlog")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def _run(self) -> None:
        while True:
            for watched in WATCHED:
                try:
                    standing = await self._standing(watched)
                except (KafkaError, OSError, TimeoutError) as error:
                    log.info("backlog_not_measured", cause=type(error).__name__)
                    continue
                late = standing.late
                if late and not self._late.get(watched.group):
                    log.error("consumer_too_late", group=watched.group)
                self._late[watched.group] = late
                metrics.BACKLOG.labels(watched.group).set(late)
                metrics.BEHIND.labels(watched.group).set(standing.records)
            self.turned_at = time.monotonic()
            await asyncio.sleep(EVERY_SECONDS * random.uniform(0.8, 1.0))  # noqa: S311 — jitter

    async def _standing(self, watched: Watched) -> _Standing:
        """Late by the first record that is younger than half of the retention: a position before it
        has older records still to read. No record is fetched for this.
        """
        retention = watched.topic.retention
        if retention is None:
            return _Standing(late=False, records=0)
        horizon = int((self._clock() - retention / 2).timestamp() * 1000)
        partitions = list(partitions_of(watched.topic))
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id="mizan-ingest-backlog",
            group_id=watched.group,
            enable_auto_commit=False,
            auto_offset_reset="none",
        )
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await consumer.start()
                return await _standing_of(consumer, partitions, horizon)
        finally:
            await stop_consumer(consumer)


async def _standing_of(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition], horizon: int
) -> _Standing:
    starts = await consumer.beginning_offsets(partitions)
    ends = await consumer.end_offsets(partitions)
    young = await consumer.offsets_for_times(dict.fromkeys(partitions, horizon))
    late, records = False, 0
    for partition in partitions:
        position = max(await consumer.committed(partition) or 0, starts[partition])
        found = young[partition]
        first_young = ends[partition] if found is None else found.offset
        late = late or position < first_young
        records += max(ends[partition] - position, 0)
    return _Standing(late=late, records=records)

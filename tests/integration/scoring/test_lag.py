"""The lag metric is the age of the oldest record that the group has not passed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaConsumer

from services.scoring import lag, metrics
from services.scoring.lag import LagWatch
from shared.contracts.topics import REPORTS
from shared.kafka.consumer import partitions_of
from tests.integration.scoring.parts import producer
from tests.waiting import eventually

GROUP = "lag-test"


@contextlib.asynccontextmanager
async def watching(bootstrap: str, now: datetime) -> AsyncIterator[LagWatch]:
    watch = LagWatch(
        bootstrap=bootstrap,
        group=GROUP,
        topic=REPORTS,
        partitions=range(REPORTS.partitions),
        clock=lambda: now,
    )
    task = asyncio.create_task(watch.run())
    try:
        yield watch
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_lag_is_the_age_of_the_oldest_record_not_yet_passed(
    fresh_topics: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lag, "EVERY_SECONDS", 0.1)
    async with producer(fresh_topics) as client:
        placed = [
            await client.send_and_wait(REPORTS.name, b"x", key=b"k", partition=partition)
            for partition in (2, 2, 0)
        ]
    now = datetime.fromtimestamp(placed[1].timestamp / 1000, UTC) + timedelta(seconds=100)

    async def shows(seconds: float, records: int) -> None:
        async def shown() -> bool:
            value = metrics.LAG_SECONDS.labels(GROUP)._value.get()
            count = metrics.LAG_RECORDS.labels(GROUP)._value.get()
            return abs(float(value) - seconds) < 0.01 and count == records

        await eventually(shown, what=f"a lag of {seconds} s and {records} records")

    consumer = AIOKafkaConsumer(
        bootstrap_servers=fresh_topics, group_id=GROUP, enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign(list(partitions_of(REPORTS)))
        async with watching(fresh_topics, now) as watch:
            await shows(100 + (placed[1].timestamp - placed[0].timestamp) / 1000, 3)
            assert await watch.broker_answers() is None
            await consumer.commit({tp: 1 for tp in partitions_of(REPORTS) if tp.partition != 3})
            await shows(100, 1)
            await consumer.commit({tp: 2 for tp in partitions_of(REPORTS) if tp.partition == 2})
            await shows(0, 0)
    finally:
        await consumer.stop()

"""Reports are refused while a consumer is so late that they could age out before their turn."""

from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from services.ingest import metrics
from services.ingest.backlog import WATCHED, Backlog
from shared.contracts.codec import encode
from shared.contracts.topics import REPORTS
from shared.kafka.consumer import partitions_of
from tests.builders.reports import report
from tests.own_broker import OwnBroker
from tests.waiting import eventually

LONG_AFTER = datetime.now(UTC) + timedelta(days=4)


async def move_to_end(bootstrap: str, group: str) -> None:
    """As a consumer of that group that has read all there is."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign(list(partitions_of(REPORTS)))
        await consumer.commit(await consumer.end_offsets(list(partitions_of(REPORTS))))
    finally:
        await consumer.stop()


async def late_now(bootstrap: str, clock: datetime) -> str | None:
    """What a backlog that looks once finds."""
    backlog = Backlog(bootstrap, lambda: clock)
    began = backlog.turned_at
    backlog.start()

    async def has_looked() -> bool:
        return backlog.turned_at > began

    await eventually(has_looked)
    await backlog.stop()
    return backlog.late


async def test_a_group_that_stands_before_the_younger_half_of_the_retention_is_late(
    edge_broker: OwnBroker,
) -> None:
    bootstrap, group = edge_broker.bootstrap, WATCHED[0].group
    await move_to_end(bootstrap, group)  # other tests have written to this log
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        await producer.send_and_wait(REPORTS.name, encode(report("read-by-nobody")))
    assert await late_now(bootstrap, datetime.now(UTC)) is None
    assert await late_now(bootstrap, LONG_AFTER) == group
    assert metrics.BEHIND.labels(group)._value.get() == 1
    await move_to_end(bootstrap, group)
    assert await late_now(bootstrap, LONG_AFTER) is None
    assert metrics.BEHIND.labels(group)._value.get() == 0


def test_scorer_and_sink_are_both_watched() -> None:
    assert {watched.group for watched in WATCHED} == {"scoring", "review-sink"}

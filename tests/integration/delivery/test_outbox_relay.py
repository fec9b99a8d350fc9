"""Events on the topic `decisions`: at least once, in order, and by the present leader alone."""

import asyncio
import gc
from collections.abc import Sequence

import pytest
from aiokafka import AIOKafkaConsumer

from services.review.database.session import Session
from services.review.decisions import release_repository
from services.review.jobs.duty import LostLeadership
from services.review.jobs.fenced_producer import Outgoing, fenced_producer
from services.review.jobs.outbox_relay import TRANSACTIONAL_ID, OutboxRelay
from shared.contracts.codec import decode_event
from shared.contracts.identifiers import EventId
from shared.contracts.topics import DECISIONS
from shared.kafka.consumer import partitions_of
from shared.kafka.producer import BrokerAway
from tests.integration.delivery.parts import World
from tests.integration.review_stream.parts import new_term, served
from tests.waiting import eventually


def relay(world: World, bootstrap: str) -> OutboxRelay:
    return OutboxRelay(world.database, bootstrap, "https://review.example.org")


async def published(bootstrap: str, isolation: str = "read_committed") -> list[bytes]:
    """Values of committed records, as a subscriber reads them."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level=isolation,
    )
    await consumer.start()
    try:
        partitions = list(partitions_of(DECISIONS))
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        found: list[bytes] = []
        async with asyncio.timeout(20):
            while [tp for tp in partitions if await consumer.position(tp) < ends[tp]]:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += [record.value for record in records]
        return found
    finally:
        await consumer.stop()


async def published_in_full(bootstrap: str, count: int) -> list[bytes]:
    """A commit is answered a moment before readers of committed records see it."""

    async def there() -> list[bytes]:
        found = await published(bootstrap)
        stored = await published(bootstrap, "read_uncommitted")
        assert len(found) >= count, f"{len(found)} of {count} committed, {len(stored)} stored"
        return found

    return await eventually(there)


async def all_published(world: World) -> bool:
    """By one query: of two, the first may come before a release and the second after it."""
    return not await world.value(
        "select (select count(*) from events where published_at is null)"
        " + (select count(*) from outbox where release_at <= now())"
    )


async def test_what_is_on_the_topic_is_what_is_in_the_feed_byte_for_byte(
    fresh_topics: str, world: World
) -> None:
    for _ in range(5):
        await world.decide(await world.case(), "remove")
    async with served(relay(world, fresh_topics), world.url):
        await eventually(lambda: all_published(world))
    bodies = [row["body"].encode() for row in await world.rows("select body from events")]
    assert len(bodies) == 5
    assert sorted(await published_in_full(fresh_topics, 5)) == sorted(bodies)


async def test_a_relay_that_dies_between_publishing_and_saying_so_sends_the_same_ids_again(
    fresh_topics: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision = await world.decide(await world.case(), "remove")
    real = release_repository.mark_published

    async def die(session: Session, ids: Sequence[EventId]) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(release_repository, "mark_published", die)
    with pytest.raises(RuntimeError, match="killed"):
        async with served(relay(world, fresh_topics), world.url) as task:
            await asyncio.wait([task], timeout=20)
    monkeypatch.setattr(release_repository, "mark_published", real)
    async with served(relay(world, fresh_topics), world.url):
        await eventually(lambda: all_published(world))
    events = [decode_event(value) for value in await published_in_full(fresh_topics, 2)]
    assert len(events) == 2
    assert len({event.event_id for event in events}) == 1
    assert events[0].data.decision_id == decision  # type: ignore[union-attr] # a decision's event


async def test_a_kafka_that_is_away_holds_up_the_topic_but_not_the_feed(world: World) -> None:
    await world.decide(await world.case(), "remove")

    async def in_the_feed() -> bool:
        return bool(await world.value("select count(*) from events"))

    async with served(relay(world, "127.0.0.1:9"), world.url):
        await eventually(in_the_feed)
    assert await world.value("select count(*) from events where published_at is null") == 1


async def test_a_relay_of_yesterday_is_refused_by_the_broker_and_by_the_database(
    fresh_topics: str, world: World
) -> None:
    await outlive_yesterday(world, fresh_topics)
    # aiokafka leaves futures of a fenced producer unheard; they are told of here, not at the end
    gc.collect()
    assert await published_in_full(fresh_topics, 1) == [b"fresh"]


async def outlive_yesterday(world: World, bootstrap: str) -> None:
    yesterday = await new_term(world.url, "outbox-relay")
    where = {"bootstrap": bootstrap, "transactional_id": TRANSACTIONAL_ID}
    async with fenced_producer(yesterday, world.database, **where) as old:
        today = await new_term(world.url, "outbox-relay")
        async with fenced_producer(today, world.database, **where) as new:
            await new.send([Outgoing(DECISIONS.name, b"key", b"fresh")])
            with pytest.raises(BrokerAway):
                await old.send([Outgoing(DECISIONS.name, b"key", b"stale")])
        with pytest.raises(LostLeadership):
            async with fenced_producer(yesterday, world.database, **where):
                pass
    with pytest.raises(LostLeadership):
        await relay(world, bootstrap).serve(yesterday)

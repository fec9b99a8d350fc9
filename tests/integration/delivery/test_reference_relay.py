"""The compacted topics hold what the database says, whatever happened to them."""

from aiokafka import AIOKafkaProducer

from services.review.jobs.reference_relay import ReferenceRelay, _read_back
from services.review.platforms.reference import publish_platform
from shared.contracts.topics import PLATFORMS
from tests.integration.delivery.parts import World
from tests.integration.review_stream.parts import served
from tests.waiting import eventually


def relay(world: World, bootstrap: str) -> ReferenceRelay:
    return ReferenceRelay(world.database, bootstrap, compare_seconds=0.2)


async def publish(world: World) -> None:
    async with world.database.as_worker() as session:
        await publish_platform(session, "x")


async def test_a_revocation_is_published_as_a_record_of_a_higher_revision(
    fresh_topics: str, world: World
) -> None:
    await world.run(
        "insert into api_keys (key_id, platform_id, environment, secret_sha256, scopes)"
        " values ('k1', 'x', 'live', 'digest', '{reports}')"
    )
    await publish(world)

    async def at_revision(revision: int) -> bool:
        return (await _read_back(fresh_topics)).get((PLATFORMS.name, "x")) == revision

    async with served(relay(world, fresh_topics), world.url):
        await eventually(lambda: at_revision(1))
        await world.run("update api_keys set revoked_at = now()")
        await publish(world)
        await eventually(lambda: at_revision(2))


async def test_a_stale_record_on_the_topic_is_written_over(fresh_topics: str, world: World) -> None:
    assert ReferenceRelay(world.database, fresh_topics).compare_seconds <= 60
    await publish(world)
    await world.run("update platforms set name = 'New name' where platform_id = 'x'")
    await publish(world)

    async def at_the_present() -> bool:
        return (await _read_back(fresh_topics)).get((PLATFORMS.name, "x")) == 2

    async with served(relay(world, fresh_topics), world.url):
        await eventually(at_the_present)
        producer = AIOKafkaProducer(bootstrap_servers=fresh_topics, acks="all")
        await producer.start()
        await producer.send_and_wait(PLATFORMS.name, b'{"revision": 1}', key=b"x")
        await producer.stop()
        await eventually(at_the_present)

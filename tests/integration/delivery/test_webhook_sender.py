"""Events reach endpoints signed, at least once, and no endpoint stands in another's way."""

from standardwebhooks import Webhook

from services.review.decisions.release import release_due
from services.review.jobs.webhook_sender import WebhookSender
from services.review.webhooks.delivery_repository import count_endpoints
from services.review.webhooks.egress import Guard
from tests.integration.delivery.parts import World
from tests.integration.delivery.receiver import Received, receiving
from tests.integration.review_stream.parts import served
from tests.waiting import eventually

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
OLD_SECRET = "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4"


def sender(world: World, *, allow_loopback: bool = True) -> WebhookSender:
    return WebhookSender(world.database, Guard(allow_loopback=allow_loopback), chance=lambda: 0.5)


async def webhook(world: World, name: str, url: str, *, old: bool = False) -> None:
    await world.run(
        "insert into webhooks (webhook_id, platform_id, environment, url, events, secret,"
        " previous_secret, previous_until, api_version) values ($1, 'x', 'live', $2,"
        " '{decision.made}', $3, $4, now() + interval '1 hour', '2026-11')",
        name,
        url,
        SECRET,
        OLD_SECRET if old else None,
    )


async def event(world: World) -> None:
    await world.decide(await world.case(), "remove")
    async with world.database.as_worker() as session:
        await release_due(session, review_url="https://review.example.org", most=100)


async def states(world: World) -> dict[str, str]:
    rows = await world.rows("select webhook_id, state from webhook_deliveries")
    return {row["webhook_id"]: row["state"] for row in rows}


async def test_an_event_arrives_with_a_signature_that_the_standard_library_verifies(
    world: World,
) -> None:
    async with receiving() as receiver, served(sender(world), world.url):
        await webhook(world, "w", receiver.url("/hook?x=1"))
        await event(world)

        async def delivered() -> bool:
            return await states(world) == {"w": "delivered"}

        await eventually(delivered)
    (got,) = receiver.received
    body = Webhook(SECRET).verify(got.body, got.headers)
    assert body["event_id"] == got.headers["webhook-id"]
    assert body["type"] == "decision.made"
    assert got.path == "/hook?x=1"
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"


async def test_for_a_day_after_a_rotation_both_secrets_verify(world: World) -> None:
    async with receiving() as receiver, served(sender(world), world.url):
        await webhook(world, "w", receiver.url(), old=True)
        await event(world)

        async def arrived() -> bool:
            return bool(receiver.received)

        await eventually(arrived)
    for secret in (SECRET, OLD_SECRET):
        assert Webhook(secret).verify(receiver.received[0].body, receiver.received[0].headers)


async def test_a_failure_is_logged_and_tried_again_under_the_same_id(world: World) -> None:
    answers = iter(
        [
            b"HTTP/1.1 500 Oops\r\ncontent-length: 4\r\n\r\noops",
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n",
            b"garbage\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n" + b"\x1f\x8b" + b"x" * 200_000,
        ]
    )
    async with receiving() as receiver, served(sender(world), world.url):
        receiver.answer = lambda _: next(answers)
        await webhook(world, "w", receiver.url())
        await event(world)

        async def delivered() -> bool:
            await world.run(
                "update webhook_deliveries set next_attempt_at = now() where attempts > 0"
                " and state = 'pending'"
            )
            return await states(world) == {"w": "delivered"}

        await eventually(delivered)
    assert len(receiver.received) == 4
    assert len({got.headers["webhook-id"] for got in receiver.received}) == 1
    log = await world.rows("select status, error, answer from webhook_attempts order by attempt")
    assert [row["status"] for row in log] == [500, 302, None, 200]
    assert log[0]["answer"] == "oops"
    assert log[2]["error"] == "no answer: RemoteProtocolError"


async def test_an_answer_without_end_is_cut_and_little_of_it_is_kept(world: World) -> None:
    async with receiving() as receiver, served(sender(world), world.url):
        head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000000000\r\n\r\n"
        receiver.answer = lambda _: head + b"x" * 10_000_000
        await webhook(world, "w", receiver.url())
        await event(world)

        async def delivered() -> bool:
            return await states(world) == {"w": "delivered"}

        await eventually(delivered)
    assert await world.value("select length(answer) from webhook_attempts") == 500


async def test_an_endpoint_that_asks_for_a_pause_gets_it(world: World) -> None:
    async with receiving() as receiver, served(sender(world), world.url):
        receiver.answer = lambda _: (
            b"HTTP/1.1 503 Later\r\nretry-after: 7200\r\ncontent-length: 0\r\n\r\n"
        )
        await webhook(world, "w", receiver.url())
        await event(world)

        async def logged() -> bool:
            return bool(await world.value("select count(*) from webhook_attempts"))

        await eventually(logged)
    pause = "select extract(epoch from next_attempt_at - created_at)::int from webhook_deliveries"
    seconds = await world.value(pause)
    assert isinstance(seconds, int)
    assert 7200 <= seconds <= 7260


async def test_a_410_ends_an_endpoint_and_what_waited_for_it(world: World) -> None:
    async with receiving() as receiver:
        receiver.answer = lambda _: b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"
        await webhook(world, "w", receiver.url())
        await event(world)
        async with served(sender(world), world.url):

            async def cancelled() -> bool:
                return await states(world) == {"w": "cancelled"}

            await eventually(cancelled)
            await event(world)
    assert await world.value("select disabled_reason from webhooks") == "it answered 410 Gone"
    acts = "select count(*) from audit_outbox where entry::jsonb ->> 'action' = 'webhook_disabled'"
    assert await world.value(acts) == 1
    assert await world.value("select count(*) from webhook_deliveries") == 1
    assert len(receiver.received) == 1


async def test_an_endpoint_that_hangs_holds_up_no_other(world: World) -> None:
    async with receiving() as slow, receiving() as quick, served(sender(world), world.url):
        slow.gate.clear()
        await webhook(world, "slow", slow.url())
        await webhook(world, "quick", quick.url())
        for _ in range(12):
            await event(world)

        async def quick_has_all() -> bool:
            return len(quick.received) == 12

        await eventually(quick_has_all)
        count = "select count(*) from webhook_deliveries where webhook_id = 'slow' and state <> $1"
        assert await world.value(count, "pending") == 0
        assert 1 <= len(slow.received) <= 4


async def test_without_the_setting_of_development_loopback_gets_nothing(world: World) -> None:
    async with receiving() as receiver:
        await webhook(world, "w", receiver.url())
        await event(world)
        async with served(sender(world, allow_loopback=False), world.url):

            async def logged() -> bool:
                return bool(await world.value("select count(*) from webhook_attempts"))

            await eventually(logged)
    assert receiver.received == []
    error = await world.value("select error from webhook_attempts")
    assert str(error).startswith("not allowed")


async def test_the_trace_of_a_report_reaches_the_webhook(world: World) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    case = await world.case()
    await world.run("update reports set traceparent = $1", trace)
    async with receiving() as receiver, served(sender(world), world.url):
        await webhook(world, "w", receiver.url())
        await world.decide(case, "remove")
        async with world.database.as_worker() as session:
            await release_due(session, review_url="https://review.example.org", most=100)

        async def arrived() -> list[Received]:
            return receiver.received

        (got,) = await eventually(arrived)
    assert got.headers["traceparent"] == trace


async def test_endpoints_are_counted_by_what_becomes_of_their_deliveries(world: World) -> None:
    for name in ("takes", "fails", "gone", "deleted"):
        await webhook(world, name, f"https://hooks.example.org/{name}")
    await world.run("update webhooks set disabled_at = now() where webhook_id = 'gone'")
    await world.run("update webhooks set deleted_at = now() where webhook_id = 'deleted'")
    await event(world)
    await world.run("update webhook_deliveries set attempts = 1 where webhook_id = 'fails'")
    async with world.database.as_worker() as session:
        assert await count_endpoints(session) == {"x": {"taking": 1, "failing": 1, "disabled": 1}}

"""Drafts become events: numbered without gaps, never after an undo, with the state that holds."""

import asyncio
import random

import pytest
from prometheus_client import REGISTRY

from services.review.decisions.outbox import withdraw_group
from services.review.decisions.release import release_due
from shared.contracts.codec import decode_event
from shared.contracts.decision import DecisionEvent, EventType
from shared.contracts.identifiers import DecisionId
from tests.integration.delivery.parts import World

TIMES = "mizan_time_to_decision_seconds"
URL = "https://review.example.org"


async def release(world: World, most: int = 100) -> int:
    async with world.database.as_worker() as session:
        return await release_due(session, review_url=URL, most=most)


async def undo(world: World, decision: DecisionId) -> bool:
    """As the decision slice does it: all or nothing."""
    async with world.database.as_worker() as session:
        if await withdraw_group(session, f"grp_{decision}"):
            return True
        await session.rollback()
        return False


async def events(world: World) -> list[DecisionEvent]:
    found = []
    for row in await world.rows("select body from events order by feed_position"):
        event = decode_event(row["body"].encode())
        assert isinstance(event, DecisionEvent)
        found.append(event)
    return found


async def test_an_event_tells_the_decision_and_the_state_that_should_hold(world: World) -> None:
    case = await world.case()
    decision = await world.decide(case, "remove", "strike x:user:7")
    await release(world)
    own, account = await events(world)
    assert own.type is EventType.DECISION_MADE
    assert own.data.decision_id == decision
    assert own.data.subject_id == f"x:post:{case}"
    assert own.data.subject_ref.url == "https://x.com/a/status/1"
    assert own.data.subject_version == 1
    assert [a.action for a in own.data.effective] == ["remove"]
    assert [a.action for a in own.data.actions] == ["remove", "strike"]
    assert own.data.policies[0].platform_code == "S-1"
    assert [r.external_id for r in own.data.reports] == [f"ext-{case}"]
    assert own.data.cluster_id is None
    assert account.data.subject_id == "x:user:7"
    assert [a.action for a in account.data.effective] == ["strike"]


async def test_a_reversal_takes_back_what_the_decision_did_and_raises_the_version(
    world: World,
) -> None:
    case = await world.case()
    first = await world.decide(case, "remove", "strike x:user:7")
    await release(world)
    await world.decide(case, "label", reverses=first, reviewer="rev_b")
    await release(world)
    newest = {event.data.subject_id: event for event in await events(world)}
    own = newest[next(name for name in newest if name.startswith("x:post"))]
    assert own.type is EventType.DECISION_REVERSED
    assert (own.data.subject_version, own.data.reverses) == (2, first)
    assert [a.action for a in own.data.effective] == ["label"]
    account = next(event for name, event in newest.items() if name.startswith("x:user"))
    assert (account.data.subject_version, account.data.effective) == (2, ())


async def test_nothing_is_released_before_the_undo_window_is_over(world: World) -> None:
    await world.decide(await world.case(), "remove", undo_seconds=600)
    assert await release(world) == 0
    assert await events(world) == []


async def test_an_undone_decision_is_never_sent(world: World) -> None:
    decision = await world.decide(await world.case(), "remove")
    assert await undo(world, decision)
    assert await release(world) == 0
    assert await events(world) == []


async def test_after_the_release_an_undo_is_too_late_and_takes_nothing_back(world: World) -> None:
    decision = await world.decide(await world.case(), "remove", "strike x:user:7")
    await release(world, most=1)
    assert not await undo(world, decision)
    assert await world.value("select count(*) from outbox") == 1
    await release(world)
    assert len(await events(world)) == 2


async def test_an_event_that_commits_late_is_sent_all_the_same(world: World) -> None:
    early, late = await world.case(), await world.case()
    async with world.database.as_worker() as slow:
        first = await world.decide_in(slow, early, "remove")
        second = await world.decide(late, "remove")
        assert await release(world) == 1
    assert await release(world) == 1
    assert [event.data.decision_id for event in await events(world)] == [second, first]
    assert await world.value("select max(feed_position) from events") == 2


async def test_an_undo_waits_for_a_release_under_way_and_then_is_too_late(world: World) -> None:
    decision = await world.decide(await world.case(), "remove")
    async with world.database.as_worker() as session:
        await release_due(session, review_url=URL, most=10)
        undoing = asyncio.create_task(undo(world, decision))
        await waits_for_a_lock(world)
    assert not await undoing
    assert len(await events(world)) == 1


async def waits_for_a_lock(world: World) -> None:
    query = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
    for _ in range(400):
        if await world.value(query):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("nobody waited")


async def test_a_release_passes_over_what_is_being_undone(world: World) -> None:
    undone = await world.decide(await world.case(), "remove")
    kept = await world.decide(await world.case(), "remove")
    async with world.database.as_worker() as session:
        assert await withdraw_group(session, f"grp_{undone}")
        assert await release(world) == 1
    assert [event.data.decision_id for event in await events(world)] == [kept]


async def test_undo_and_release_at_once_leave_each_decision_either_sent_or_undone(
    world: World,
) -> None:
    chance = random.Random(7)
    decisions = [await world.decide(await world.case(), "remove") for _ in range(40)]
    chance.shuffle(decisions)

    async def release_all() -> None:
        while await release(world, most=3):
            pass

    undone = list(decisions[:25])
    results, _ = await asyncio.gather(
        asyncio.gather(*(undo(world, decision) for decision in undone)), release_all()
    )
    await release_all()
    taken_back = {d for d, ok in zip(undone, results, strict=True) if ok}
    sent = [event.data.decision_id for event in await events(world)]
    assert len(sent) == len(set(sent))
    assert set(sent) == set(decisions) - taken_back
    positions = [r[0] for r in await world.rows("select feed_position from events order by 1")]
    assert positions == list(range(1, len(sent) + 1))


async def test_a_draft_that_fits_no_event_is_set_aside_and_holds_up_nobody(world: World) -> None:
    broken = await world.decide(await world.case(), "remove")
    good = await world.decide(await world.case(), "remove")
    await world.run(
        "update outbox set draft = draft - 'finding' where decision_id = $1", str(broken)
    )
    assert await release(world) == 2
    assert [event.data.decision_id for event in await events(world)] == [good]
    assert await world.value("select release_at = 'infinity' from outbox")
    assert await release(world) == 0
    versions = await world.rows("select sum(version) from subjects")
    assert versions[0][0] == 1


async def test_a_test_key_s_events_stay_with_the_sandbox(world: World) -> None:
    await world.run(
        "insert into webhooks (webhook_id, platform_id, environment, url, events, secret,"
        " api_version) values ('w_live', 'x', 'live', 'https://a', '{decision.made}', '', ''),"
        " ('w_test', 'x', 'test', 'https://a', '{decision.made}', '', ''),"
        " ('w_other', 'tg', 'test', 'https://a', '{decision.made}', '', ''),"
        " ('w_deaf', 'x', 'test', 'https://b', '{appeal.decided}', '', '')"
    )
    await world.decide(await world.case(environment="test"), "remove")
    await release(world)
    rows = await world.rows("select webhook_id, environment from webhook_deliveries")
    assert [tuple(row) for row in rows] == [("w_test", "test")]


async def test_the_time_to_decision_is_told_once_a_case_from_its_first_report(
    world: World,
) -> None:
    def told() -> tuple[float, float]:
        count = REGISTRY.get_sample_value(f"{TIMES}_count", {"queue": "other"}) or 0
        return count, REGISTRY.get_sample_value(f"{TIMES}_sum", {"queue": "other"}) or 0

    count, total = told()
    case, other, sandbox = await world.case(), await world.case(), await world.case("tg", "test")
    await world.run("update cases set opened_at = now() - interval '1 hour'")
    first = await world.decide(case, "remove", "strike x:user:7")
    await world.decide(sandbox, "remove")
    await undo(world, await world.decide(other, "remove", undo_seconds=600))
    await release(world)
    await world.decide(case, "label", reverses=first, reviewer="rev_b")
    await release(world)
    assert told()[0] == count + 1
    assert abs(told()[1] - total - 3600) < 60


@pytest.mark.parametrize(
    ("kind", "detection"),
    [
        ("user", "user_report"),
        ("trusted_flagger", "user_report"),
        ("automated", "model"),
        ("authority", "referral"),
    ],
)
async def test_an_event_says_by_whom_the_first_report_was_made(
    world: World, kind: str, detection: str
) -> None:
    case = await world.case()
    await world.run(f"update reports set reporter_kind = '{kind}'")
    await world.decide(case, "remove")
    await release(world)
    assert await world.value("select body::jsonb #>> '{data,detection}' from events") == detection

"""Actions that end by their time: the platform is told, once, with what still holds."""

from datetime import UTC, datetime, timedelta

from services.review.decisions.release import release_due
from shared.contracts.codec import decode_event
from shared.contracts.decision import DecisionEvent, EventType
from tests.integration.delivery.parts import World

URL = "https://review.example.org"


async def release(world: World) -> int:
    async with world.database.as_worker() as session:
        return await release_due(session, review_url=URL, most=100)


async def events(world: World) -> list[DecisionEvent]:
    found = [
        decode_event(row["body"].encode())
        for row in await world.rows("select body from events order by feed_position")
    ]
    assert all(isinstance(event, DecisionEvent) for event in found)
    return [event for event in found if isinstance(event, DecisionEvent)]


def in_a_day() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).isoformat()


async def let_it_end(world: World) -> None:
    """A day passes: everything that this database knows by time moves back by more than that."""
    await world.run(
        "update outbox set release_at = release_at - interval '2 days',"
        " draft = replace(draft::text, to_char(now() + interval '1 day', 'YYYY-MM-DD'),"
        "  to_char(now() - interval '1 day', 'YYYY-MM-DD'))::jsonb;"
        "update subjects set effective = replace(effective::text,"
        "  to_char(now() + interval '1 day', 'YYYY-MM-DD'),"
        "  to_char(now() - interval '1 day', 'YYYY-MM-DD'))::jsonb"
    )


async def test_when_a_timed_action_ends_the_platform_is_told_what_still_holds(
    world: World,
) -> None:
    case = await world.case()
    decision = await world.decide(case, f"suspend x:user:7 {in_a_day()}", "strike x:user:7")
    await release(world)
    assert await release(world) == 0  # not before its time
    await let_it_end(world)
    assert await release(world) == 1
    made, expired = [e for e in await events(world) if e.data.subject_id == "x:user:7"]
    assert [action.action for action in made.data.effective] == ["suspend", "strike"]
    assert expired.type is EventType.DECISION_EXPIRED
    assert expired.data.decision_id == decision
    assert [action.action for action in expired.data.actions] == ["suspend"]
    assert [action.action for action in expired.data.effective] == ["strike"]
    assert expired.data.subject_version == made.data.subject_version + 1
    assert await release(world) == 0  # and told once
    entry = await world.value("select entry from audit_outbox")
    assert '"actions_expired"' in str(entry)


async def test_actions_that_end_at_two_times_are_told_at_each(world: World) -> None:
    later = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    await world.decide(
        await world.case(), f"suspend x:user:7 {in_a_day()}", f"limit_interaction x:user:7 {later}"
    )
    await release(world)
    await let_it_end(world)
    await release(world)
    ended = [e for e in await events(world) if e.type is EventType.DECISION_EXPIRED]
    assert [[a.action for a in e.data.effective] for e in ended] == [["limit_interaction"]]
    assert await world.value("select count(*) from outbox") == 1


async def test_the_end_of_what_was_reversed_before_is_told_to_nobody(world: World) -> None:
    case = await world.case()
    first = await world.decide(case, f"suspend x:user:7 {in_a_day()}")
    await release(world)
    await world.run("update decisions set state = 'reversed' where decision_id = $1", str(first))
    await world.decide(case, reverses=first, reviewer="rev_b")
    await release(world)
    await let_it_end(world)
    await release(world)
    assert {e.type for e in await events(world)} == {
        EventType.DECISION_MADE,
        EventType.DECISION_REVERSED,
    }
    assert await world.value("select count(*) from outbox") == 0


async def test_an_undone_decision_leaves_no_end_behind(world: World) -> None:
    await world.decide(await world.case(), f"suspend x:user:7 {in_a_day()}", undo_seconds=600)
    await release(world)
    assert await world.value("select count(*) from outbox where type = 'decision.expired'") == 0

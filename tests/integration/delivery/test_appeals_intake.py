"""Appeals get into the queue, away from whoever decided, or are refused with an event."""

import asyncio
import itertools
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from services.review.appeals.intake import take_appeals
from services.review.decisions.release import release_due
from shared.contracts.appeal import Appeal, Appellant, AppellantKind
from shared.contracts.codec import encode
from shared.contracts.identifiers import (
    CaseId,
    DecisionId,
    Environment,
    ExternalId,
    PlatformId,
    ReportId,
    appeal_id,
)
from shared.contracts.topics import APPEALS
from shared.kafka.dead_letters import RawRecord
from tests.integration.delivery.parts import World
from tests.waiting import eventually

_offsets = itertools.count()
OWNER, REPORTER = AppellantKind.OWNER, AppellantKind.REPORTER


def an_appeal(
    name: str,
    decision: DecisionId,
    *,
    platform: str = "x",
    kind: AppellantKind = OWNER,
    report: str | None = None,
) -> Appeal:
    external = ExternalId(name)
    return Appeal(
        appeal_id=appeal_id(PlatformId(platform), Environment.LIVE, external),
        platform=PlatformId(platform),
        environment=Environment.LIVE,
        external_id=external,
        decision_id=decision,
        report_id=ReportId(report) if report else None,
        appellant=Appellant(kind=kind),
        text="this was satire",
        submitted_at=datetime.now(UTC),
    )


async def take(world: World, *appeals: Appeal) -> None:
    now = int(datetime.now(UTC).timestamp() * 1000)
    records = [
        RawRecord(APPEALS.name, 0, next(_offsets), now, None, encode(appeal)) for appeal in appeals
    ]
    async with world.database.as_worker() as session:
        await take_appeals(session, records)


async def sent_decision(world: World) -> tuple[str, DecisionId]:
    case = await world.case()
    decision = await world.decide(case, "remove")
    async with world.database.as_worker() as session:
        await release_due(session, review_url="http://review", most=10)
    return case, decision


async def refusals(world: World) -> dict[str, str]:
    rows = await world.rows("select external_id, refused from appeals where state = 'refused'")
    return {row["external_id"]: row["refused"] for row in rows}


async def test_an_appeal_waits_in_its_queue_for_anybody_but_the_decider(world: World) -> None:
    _, decision = await sent_decision(world)
    appeal = an_appeal("a", decision)
    await take(world, appeal, appeal)
    await take(world, appeal)
    (entry,) = await world.rows("select * from queue_entries")
    assert (entry["entry_id"], entry["kind"], entry["queue_id"]) == (
        appeal.appeal_id,
        "appeal",
        "appeals",
    )
    assert entry["excluded_reviewers"] == ["rev_a"]
    assert await world.value("select count(*) from appeals where state = 'open'") == 1
    assert await world.value("select count(*) from audit_outbox") == 1


async def test_what_may_not_be_appealed_is_refused_once_with_an_event(world: World) -> None:
    case, decision = await sent_decision(world)
    await take(
        world,
        an_appeal("first", decision),
        an_appeal("second", decision),
        an_appeal("again", decision, report=f"rep_{case}"),
        an_appeal("foreign", decision, platform="tg"),
        an_appeal("unknown", DecisionId("dec_nowhere")),
        an_appeal("other-report", decision, kind=REPORTER, report="rep_of_another"),
        an_appeal("no-report", decision, kind=REPORTER),
        an_appeal("reporter", decision, kind=REPORTER, report=f"rep_{case}"),
    )
    assert await refusals(world) == {
        "second": "already_appealed",
        "again": "already_appealed",
        "foreign": "unknown_decision",
        "unknown": "unknown_decision",
        "other-report": "wrong_report",
        "no-report": "wrong_report",
    }
    assert await world.value("select count(*) from queue_entries") == 2
    async with world.database.as_worker() as session:
        await release_due(session, review_url="http://review", most=10)
    told = "select count(*) from events where type = 'appeal.refused'"
    assert await world.value(told) == 6


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("appeal_until = now() - interval '1 hour'", "too_late"),
        ("state = 'reversed'", "already_reversed"),
        ("state = 'undone'", "unknown_decision"),
    ],
)
async def test_a_decision_that_is_past_appeal_refuses_it(
    world: World, change: str, reason: str
) -> None:
    _, decision = await sent_decision(world)
    await world.run(f"update decisions set {change}")
    await take(world, an_appeal("a", decision))
    assert await refusals(world) == {"a": reason}


async def test_a_decision_that_was_not_sent_yet_cannot_be_appealed(world: World) -> None:
    decision = await world.decide(await world.case(), "remove", undo_seconds=600)
    await take(world, an_appeal("a", decision))
    assert await refusals(world) == {"a": "unknown_decision"}


async def test_nobody_who_decided_on_the_case_before_is_offered_an_appeal_on_it(
    world: World,
) -> None:
    case, first = await sent_decision(world)
    await world.run("update decisions set state = 'reversed'")
    second = await world.decide(CaseId(case), reverses=first, reviewer="rev_b")
    async with world.database.as_worker() as session:
        await release_due(session, review_url="http://review", most=10)
    await take(world, an_appeal("a", second))
    (entry,) = await world.rows("select excluded_reviewers from queue_entries")
    assert entry["excluded_reviewers"] == ["rev_a", "rev_b"]


async def test_an_appeal_that_comes_while_its_decision_is_reversed_waits_and_is_refused(
    world: World,
) -> None:
    _, decision = await sent_decision(world)
    async with world.database.engine.connect() as reversing:
        await reversing.execute(text("update decisions set state = 'reversed'"))
        taking = asyncio.create_task(take(world, an_appeal("a", decision)))
        waiting = (
            "select count(*) = 1 from pg_stat_activity where datname = current_database()"
            " and wait_event_type = 'Lock'"
        )
        await eventually(lambda: world.value(waiting))
        await reversing.commit()
    await taking
    assert await refusals(world) == {"a": "already_reversed"}

"""Every version of a case has one row of history and one act in the audit trail, or none at all."""

import json

import pytest
from sqlalchemy.exc import DBAPIError

from services.review.audit.models import Actor, ActorKind
from services.review.cases.history import Move, advance
from services.review.cases.rules import CaseEvent, NotPossible
from services.review.database.engine import Database
from services.review.errors import NotFound
from shared.contracts.identifiers import CaseId
from tests.integration.review_stream.parts import execute, fetch, opened

SYSTEM = Actor(ActorKind.SYSTEM, "test")
ROWS = """
insert into platforms (platform_id, name) values ('x', 'X');
insert into queues values ('other', 'Other', 'cases', 2, 1);
insert into clusters (cluster_id, platform_id, environment) values ('k', 'x', 'live');
insert into cases (case_id, platform_id, environment, cluster_id, subject_id, kind, identity, state,
  policy_id, policy_revision, queue_id, urgency, language, content_digest, scores, violation,
  report_count, reporter_count, reporter_weight, priority, opened_at)
select 'case' || n, 'x', 'live', 'k', 'x:post:' || n, 'content', 'stable', 'queued', 'other', 1,
  'other', 'normal', 'en', '', '{}', 0.5, 1, 1, 0.5, '{}', now() from generate_series(1, 2) n
"""
CASES = "select case_id, state, version from cases order by case_id"
HISTORY = (
    "select case_id, version, event, from_state, to_state, actor from case_events order by 1,2"
)


def move(case: int, event: CaseEvent) -> Move:
    return Move(CaseId(f"case{case}"), event, SYSTEM, private={"note": "for nobody"})


async def acts(url: str) -> list[tuple[object, ...]]:
    entries = [
        json.loads(str(row[0])) for row in await fetch(url, "select entry from audit_outbox")
    ]
    return sorted(
        (e["case"], e["case_version"], e["action"], e["before"]["state"], e["after"]["state"])
        for e in entries
    )


async def moved(database: Database, *moves: Move) -> None:
    async with database.as_worker() as session:
        await advance(session, moves)


async def test_moves_write_state_history_and_audit_trail_together(database_url: str) -> None:
    await execute(database_url, ROWS)
    async with opened(database_url) as database:
        await moved(
            database,
            move(2, CaseEvent.HELD),
            move(1, CaseEvent.ESCALATED),
            move(1, CaseEvent.RETURNED),
        )
    assert await fetch(database_url, CASES) == [("case1", "queued", 3), ("case2", "held", 2)]
    assert await fetch(database_url, HISTORY) == [
        ("case1", 2, "escalated", "queued", "escalated", "system:test"),
        ("case1", 3, "returned", "escalated", "queued", "system:test"),
        ("case2", 2, "held", "queued", "held", "system:test"),
    ]
    assert await acts(database_url) == [
        ("case1", 2, "escalated", "queued", "escalated"),
        ("case1", 3, "returned", "escalated", "queued"),
        ("case2", 2, "held", "queued", "held"),
    ]


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (Move(CaseId("case2"), CaseEvent.RETURNED, SYSTEM), NotPossible),
        (Move(CaseId("nowhere"), CaseEvent.HELD, SYSTEM), NotFound),
    ],
)
async def test_one_impossible_move_leaves_nothing_of_the_others(
    database_url: str, bad: Move, error: type[Exception]
) -> None:
    await execute(database_url, ROWS)
    async with opened(database_url) as database:
        with pytest.raises(error):
            await moved(database, move(1, CaseEvent.HELD), bad)
    assert await fetch(database_url, CASES) == [("case1", "queued", 1), ("case2", "queued", 1)]
    assert await fetch(database_url, HISTORY) == []
    assert await acts(database_url) == []


async def test_what_is_private_is_only_committed_to_in_the_entry(database_url: str) -> None:
    await execute(database_url, ROWS)
    async with opened(database_url) as database:
        await moved(database, move(1, CaseEvent.HELD))
    ((entry,),) = await fetch(database_url, "select entry from audit_outbox")
    ((private,),) = await fetch(database_url, "select private from audit_private")
    assert "for nobody" not in str(entry)
    assert json.loads(str(private)) == {"note": "for nobody"}


@pytest.mark.parametrize(
    "statement", ["update case_events set event = 'opened'", "delete from case_events"]
)
async def test_no_duty_can_rewrite_the_history_of_a_case(database_url: str, statement: str) -> None:
    await execute(database_url, ROWS)
    async with opened(database_url) as database:
        await moved(database, move(1, CaseEvent.HELD))
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.as_worker() as session:
                await session.run(statement)

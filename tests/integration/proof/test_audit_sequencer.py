"""Every committed act gets one place in the audit trail, and the trail only grows."""

import asyncpg
import pytest
from sqlalchemy import text

from services.review.audit import repository, service
from services.review.audit.models import Act, Actor, ActorKind
from services.review.audit.verify import TrailCheck
from services.review.database.engine import Database
from services.review.jobs.audit_sequencer import MOST_ACTS, NAME, PAUSE_SECONDS, AuditSequencer
from services.review.jobs.duty import LostLeadership, Term
from shared.contracts.identifiers import CaseId
from tests.integration.review_stream.parts import execute, fetch, new_term, opened

SYSTEM = Actor(ActorKind.SYSTEM, "test")
ENTRIES = "select sequence, case_id, entry::jsonb ->> 'action' from audit_entries order by sequence"


def act(number: int, case: str | None = None) -> Act:
    return Act(
        action=f"act{number}",
        actor=SYSTEM,
        case_id=None if case is None else CaseId(case),
        case_version=None if case is None else number,
        private={"note": "for nobody"},
    )


async def recorded(database: Database, *acts: Act) -> None:
    async with database.as_worker() as session:
        await service.record(session, acts)


async def drained(database: Database, term: Term) -> None:
    while await AuditSequencer(database).step(term) == 0.0:
        pass


async def faults(database: Database) -> list[str]:
    check = TrailCheck()
    async with database.as_worker() as session:
        entries = await repository.list_entries(session, after=0, most=10_000)
        row = (await session.execute(text("select size, last_hash from audit_checkpoint"))).one()
    return [*check.take(entries), *check.finish(size=row.size, last_hash=row.last_hash)]


async def test_acts_get_their_places_without_gaps_over_many_batches(database_url: str) -> None:
    count = MOST_ACTS + 10
    async with opened(database_url) as database:
        term = await new_term(database_url, NAME)
        await recorded(database, *(act(n, ("a", "b", None)[n % 3]) for n in range(count)))
        assert await AuditSequencer(database).step(term) == 0.0
        assert await AuditSequencer(database).step(term) == PAUSE_SECONDS
        assert await faults(database) == []
    rows = await fetch(database_url, ENTRIES)
    assert [row[0] for row in rows] == list(range(1, count + 1))
    assert [row[2] for row in rows if row[1] == "a"] == [f"act{n}" for n in range(0, count, 3)]
    assert await fetch(database_url, "select * from audit_outbox") == []


async def test_an_act_that_commits_late_is_not_missed(database_url: str) -> None:
    async with opened(database_url) as database:
        term = await new_term(database_url, NAME)
        async with database.as_worker() as slow:
            await service.record(slow, [act(1, "a")])
            await recorded(database, act(2, "b"))
            await drained(database, term)
        await drained(database, term)
        assert await faults(database) == []
    assert [row[2] for row in await fetch(database_url, ENTRIES)] == ["act2", "act1"]


async def test_a_leader_that_was_replaced_orders_nothing(database_url: str) -> None:
    async with opened(database_url) as database:
        old = await new_term(database_url, NAME)
        await recorded(database, act(1))
        new = await new_term(database_url, NAME)
        with pytest.raises(LostLeadership):
            await AuditSequencer(database).step(old)
        await drained(database, new)
    assert len(await fetch(database_url, ENTRIES)) == 1


async def test_an_act_that_was_rolled_back_is_nowhere(database_url: str) -> None:
    async with opened(database_url) as database:
        term = await new_term(database_url, NAME)
        async with database.as_worker() as session:
            await service.record(session, [act(1)])
            await session.rollback()
        await drained(database, term)
    assert await fetch(database_url, ENTRIES) == []


@pytest.mark.parametrize(
    "change", ["update audit_entries set entry = ''", "delete from audit_entries"]
)
async def test_not_even_the_owner_of_the_table_changes_an_entry(
    database_url: str, change: str
) -> None:
    async with opened(database_url) as database:
        await recorded(database, act(1))
        await drained(database, await new_term(database_url, NAME))
        with pytest.raises(asyncpg.RaiseError, match="only grows"):
            await execute(database_url, change)


CHANGES = {
    "changed": (
        "update audit_entries set entry = replace(entry, 'act1', 'act9') where sequence = 1",
        ["audit entry 1 is not what was hashed"],
    ),
    "removed": (
        "delete from audit_entries where sequence = 2",
        [
            "audit entry 2 is missing: 3 follows",
            "audit entry 3 does not follow the one before it in its chain",
        ],
    ),
}


@pytest.mark.parametrize(("change", "found"), CHANGES.values(), ids=CHANGES)
async def test_a_change_behind_the_trigger_is_found(
    database_url: str, change: str, found: list[str]
) -> None:
    async with opened(database_url) as database:
        await recorded(database, act(1, "a"), act(2, "a"), act(3, "a"))
        await drained(database, await new_term(database_url, NAME))
        await execute(database_url, "alter table audit_entries disable trigger only_grows")
        await execute(database_url, change)
        assert await faults(database) == found

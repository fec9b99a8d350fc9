"""Who writes locks entries of the queue first, then cases, each by id: nobody waits in a circle.

A third party holds one lock back until both sides stand before it; then the order shows.
"""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from services.review.jobs.lease_expiry import resume_holds
from services.review.jobs.sink import Sink
from shared.contracts.codec import encode
from shared.kafka.dead_letters import RawRecord
from tests.builders.scored_reports import scored_report
from tests.integration.review_api.parts import Desk, add_cases, opened
from tests.waiting import eventually

NAMES = ("a", "b", "c")
STANDING = (
    "select count(*) from pg_stat_activity"
    " where wait_event_type = 'Lock' and datname = current_database()"
)


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with opened(database_url) as desk:
        await add_cases(desk, *NAMES)
        yield desk


async def sink(desk: Desk, first_number: int = 0) -> None:
    """A report on each of the cases, in one batch."""
    records = [
        RawRecord(
            "scored-reports",
            0,
            number,
            0,
            None,
            encode(scored_report(number, subject=f"x:post:{name}", policy="other", text=None)),
        )
        for number, name in enumerate(reversed(NAMES), start=first_number)
    ]
    async with desk.database.as_worker() as session:
        await Sink().take(session, records)


async def stand_in_line(desk: Desk, count: int) -> None:
    async def standing() -> bool:
        return await desk.fetch(STANDING) == [(count,)]

    await eventually(standing, what=f"{count} wait for a lock")


async def blocker(desk: Desk, statement: str) -> asyncpg.Connection:
    """Holds the rows until it is closed."""
    connection = await asyncpg.connect(desk.url)
    await connection.execute("begin")
    await connection.execute(statement)
    return connection


async def test_reports_that_join_and_holds_that_end_do_not_wait_in_a_circle(desk: Desk) -> None:
    await desk.execute("update cases set state = 'held', held_until = now() - interval '1 hour'")
    await desk.execute("update queue_entries set parked = true")

    async def resume() -> None:
        async with desk.database.as_worker() as session:
            await resume_holds(session)

    last = await blocker(
        desk, "select 1 from queue_entries order by entry_id desc limit 1 for update"
    )
    joining = asyncio.create_task(sink(desk))
    await stand_in_line(desk, 1)
    resuming = asyncio.create_task(resume())
    await stand_in_line(desk, 2)
    await last.close()
    await asyncio.gather(joining, resuming)
    counts = "select distinct state, report_count from cases"
    assert await desk.fetch(counts) == [("queued", 2)]


async def test_reports_that_join_and_a_decision_do_not_wait_in_a_circle(desk: Desk) -> None:
    amal = await desk.reviewer("Amal")
    claim = await amal.claim_one()
    last = await blocker(
        desk, "select 1 from queue_entries order by entry_id desc limit 1 for update"
    )
    joining = asyncio.create_task(sink(desk))
    await stand_in_line(desk, 1)
    deciding = asyncio.create_task(amal.decide(claim))
    await stand_in_line(desk, 2)
    await last.close()
    await joining
    answer = await deciding
    assert answer.status_code == 201, answer.text


async def test_a_report_that_meets_a_decision_which_is_being_undone_joins_the_open_case(
    desk: Desk,
) -> None:
    amal = await desk.reviewer("Amal")
    claim = await amal.claim_one()
    decision = (await amal.decide(claim)).json()["decision_id"]
    slow = await blocker(desk, "select 1 from outbox for update")
    undoing = asyncio.create_task(amal.post(f"/api/v1/decisions/{decision}/undo", {}))
    await stand_in_line(desk, 1)  # it has the case and waits for the draft
    joining = asyncio.create_task(sink(desk))
    await stand_in_line(desk, 2)
    await slow.close()
    assert (await undoing).status_code == 200
    await joining
    state = "select state, decision_id, report_count from cases where case_id = $1"
    assert await desk.fetch(state, claim.case_id) == [("queued", None, 2)]
    assert await desk.fetch("select count(*) from outbox") == [(0,)]

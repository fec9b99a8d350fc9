"""Decisions on matching content move a case, whichever of match and case comes first."""

import math
from collections.abc import AsyncIterator

import pytest

from services.review.cases.priority import revised_chance
from services.review.database.engine import Database
from services.review.jobs.matches import take_matches
from services.review.jobs.sink import Sink
from shared.contracts.codec import encode
from shared.kafka.dead_letters import RawRecord
from tests.builders.scored_reports import scored_report
from tests.integration.review_stream.parts import execute, fetch
from tests.integration.review_stream.test_intake import SEED
from tests.integration.review_stream.test_matches import match, records
from tests.integration.review_stream.test_records_of_reporters import (
    DECIDE,
    OVERTURN,
    REVIEWER,
)

CASE = """
select (priority ->> 'key')::float8, q.key,
  (select (f ->> 'value')::float8 from jsonb_array_elements(priority -> 'factors') f
   where f ->> 'name' = 'violation'),
  (select f ->> 'sentence' from jsonb_array_elements(priority -> 'factors') f
   where f ->> 'name' = 'precedent')
from cases left join queue_entries q on q.entry_id = cluster_id where subject_id = 's2'
"""
GUILTY = "Matching content was found a violation before"
INNOCENT = "Matching content was found to be no violation before"
ODDS = {GUILTY: 1.0, INNOCENT: -1.0, None: 0.0}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """One case, on s1, decided as a violation."""
    await execute(database_url, SEED + REVIEWER)
    database = Database(database_url, pool_size=2)
    await report(database, 1, "s1")
    await execute(database_url, DECIDE.format(finding="violation"))
    yield database
    await database.close()


async def report(database: Database, number: int, subject: str) -> None:
    one = scored_report(number, subject=subject, reporter=f"person-{number}")
    record = RawRecord("scored-reports", 0, number, 0, None, encode(one))
    async with database.as_worker() as session:
        await Sink().take(session, [record])


async def matched(database: Database, *, elder_platform: str = "x") -> None:
    async with database.as_worker() as session:
        await take_matches(session, records(match(2, 1, elder_platform=elder_platform)))


async def assert_moved(url: str, sentence: str | None, *, weight: float = 0.5) -> float:
    """The case on s2 says so, and its chance and its entry's key agree; returns the key."""
    ((key, placed, chance, said),) = await fetch(url, CASE)
    assert said == sentence
    assert isinstance(key, float)
    assert isinstance(chance, float)
    assert placed == key
    assert math.isclose(chance, revised_chance(0.5, weight, ODDS[sentence]), abs_tol=1e-4)
    return key


async def finding(url: str, found: str) -> None:
    await execute(url, f"update decisions set finding = '{found}'")


@pytest.mark.parametrize(("found", "sentence"), [("violation", GUILTY), ("no_violation", INNOCENT)])
async def test_a_case_that_comes_after_its_match_begins_where_the_decision_puts_it(
    database: Database, database_url: str, found: str, sentence: str
) -> None:
    await finding(database_url, found)
    await matched(database)
    await report(database, 2, "s2")
    await assert_moved(database_url, sentence)


@pytest.mark.parametrize(("found", "sentence"), [("violation", GUILTY), ("no_violation", INNOCENT)])
async def test_a_match_that_comes_after_its_case_moves_it_in_the_queue_and_leaves_a_trace(
    database: Database, database_url: str, found: str, sentence: str
) -> None:
    await finding(database_url, found)
    await report(database, 2, "s2")
    before = await assert_moved(database_url, None)
    await execute(database_url, "delete from audit_outbox")
    await matched(database)
    after = await assert_moved(database_url, sentence)
    assert after > before if sentence == GUILTY else after < before
    history = "select event, version, actor from case_events where event = 'precedents_changed'"
    assert await fetch(database_url, history) == [("precedents_changed", 2, "system:matches")]
    assert await fetch(database_url, "select count(*) from audit_outbox") == [(1,)]
    await matched(database)
    assert await assert_moved(database_url, sentence) == after
    assert len(await fetch(database_url, history)) == 1


async def test_a_decision_that_was_undone_before_the_match_came_moves_nothing(
    database: Database, database_url: str
) -> None:
    await execute(database_url, "update decisions set state = 'undone'")
    await report(database, 2, "s2")
    await matched(database)
    await assert_moved(database_url, None)


async def test_after_an_undo_the_next_report_puts_the_case_back_where_it_was(
    database: Database, database_url: str
) -> None:
    await report(database, 2, "s2")
    await matched(database)
    await assert_moved(database_url, GUILTY)
    await execute(database_url, "update decisions set state = 'undone'")
    await report(database, 3, "s2")
    await assert_moved(database_url, None, weight=1.0)


async def test_an_overturned_decision_counts_as_what_stands_now(
    database: Database, database_url: str
) -> None:
    await report(database, 2, "s2")
    await matched(database)
    await execute(database_url, OVERTURN)
    await report(database, 3, "s2")
    await assert_moved(database_url, INNOCENT, weight=1.0)


async def test_what_another_platform_decided_moves_nothing(
    database: Database, database_url: str
) -> None:
    await execute(database_url, "insert into platforms (platform_id, name) values ('y', 'Y')")
    await report(database, 2, "s2")
    await matched(database, elder_platform="y")
    await assert_moved(database_url, None)


async def test_a_match_that_somebody_took_apart_moves_nothing(
    database: Database, database_url: str
) -> None:
    await execute(
        database_url,
        "insert into cluster_splits (environment, subject_a, subject_b)"
        " values ('live', 's1', 's2')",
    )
    await matched(database)
    await report(database, 2, "s2")
    await assert_moved(database_url, None)


async def test_a_case_in_somebodys_hands_stays_there_when_it_moves(
    database: Database, database_url: str
) -> None:
    await report(database, 2, "s2")
    await execute(
        database_url,
        "update queue_entries set lease_id = 'l', lease_token_sha256 = 't', lease_owner = 'rev',"
        " lease_expires_at = now() + interval '5 minutes'",
    )
    await matched(database)
    await assert_moved(database_url, GUILTY)
    assert await fetch(database_url, "select lease_id from queue_entries") == [("l",)]

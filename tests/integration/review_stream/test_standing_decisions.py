"""A report on a decided subject joins the decision that stands, or opens a new case."""

import json
from collections.abc import AsyncIterator

import pytest
import sqlalchemy

from services.review.cases.arrivals import arrival
from services.review.cases.intake import take_reports
from services.review.database.engine import Database
from tests.builders.scored_reports import scored_report
from tests.integration.review_stream.parts import execute, fetch
from tests.integration.review_stream.test_intake import ACTOR, SEED

DECIDE = """
insert into reviewers (reviewer_id, email, name, password_hash, roles)
  values ('rev', 'r@example.org', 'R', '', '{reviewer}');
insert into decisions (decision_id, group_id, platform_id, environment, case_id, cluster_id,
    subject_id, reviewer_id, lease_id, request_hash, state, finding, actions, policies,
    content_digest, decided_at, undo_until)
  select 'dec', 'grp', platform_id, environment, case_id, cluster_id, subject_id, 'rev', 'lease',
    '', 'final', 'no_violation', '[]', '[]', content_digest, now(), now() from cases;
update cases set state = 'decided', decision_id = 'dec', decided_at = now(),
  reporters_at_decision = reporter_count;
delete from queue_entries;
delete from audit_outbox
"""
CASES = "select state, report_count, previous_case_id is not null from cases order by opened_at, 1"

ROWS_READ = sqlalchemy.text(
    "select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int"
    " from pg_stat_xact_user_tables where relname in ('reports', 'case_reporters')"
)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """One case, reported by one person and decided. Three more may report it before it is opened
    anew: so says its policy.
    """
    await execute(database_url, SEED)
    database = Database(database_url, pool_size=2)
    await take(database, 1)
    await execute(database_url, DECIDE)
    yield database
    await database.close()


async def take(
    database: Database,
    *numbers: int,
    reporter: str | None = None,
    text: str = "some words that were reported",
    policy: str = "threat",
) -> None:
    """A batch of reports, each by somebody else unless it is said who."""
    reports = [
        scored_report(number, reporter=reporter or f"person-{number}", text=text, policy=policy)
        for number in numbers
    ]
    async with database.as_worker() as session:
        await take_reports(session, [*map(arrival, reports)], ACTOR)


async def test_the_same_again_joins_the_decided_case_and_the_platform_is_told(
    database: Database, database_url: str
) -> None:
    await take(database, 2)
    assert await fetch(database_url, CASES) == [("decided", 2, False)]
    ((kind, draft),) = await fetch(database_url, "select type, draft from outbox")
    assert kind == "decision.applied"
    told = json.loads(str(draft))
    assert told["decision_id"] == "dec"
    assert [report["external_id"] for report in told["reports"]] == ["report-2"]
    assert await fetch(database_url, "select count(*) from queue_entries") == [(0,)]


@pytest.mark.parametrize(
    "changes", [{"text": "other words than those decided upon"}, {"policy": "other"}]
)
async def test_what_is_not_the_same_opens_a_case_that_names_the_old_one(
    database: Database, database_url: str, changes: dict[str, str]
) -> None:
    await take(database, 2, **changes)
    assert await fetch(database_url, CASES) == [("decided", 1, False), ("queued", 1, True)]
    assert await fetch(database_url, "select count(*) from queue_entries") == [(1,)]


async def test_a_decision_that_is_too_old_or_was_reversed_stands_no_more(
    database: Database, database_url: str
) -> None:
    await execute(database_url, "update cases set decided_at = now() - interval '31 days'")
    await take(database, 2)
    assert [row[0] for row in await fetch(database_url, CASES)] == ["decided", "queued"]


async def test_more_new_reporters_than_the_policy_says_open_the_case_anew(
    database: Database, database_url: str
) -> None:
    await take(database, 2, 3, 4)
    assert await fetch(database_url, CASES) == [("decided", 4, False)]
    await take(database, 5)
    assert await fetch(database_url, CASES) == [("decided", 4, False), ("queued", 1, True)]


async def test_a_crowd_in_one_batch_is_counted_one_by_one(
    database: Database, database_url: str
) -> None:
    await take(database, *range(2, 12))
    assert await fetch(database_url, CASES) == [("decided", 4, False), ("queued", 7, True)]


async def test_one_person_who_reports_for_ever_opens_nothing_anew(
    database: Database, database_url: str
) -> None:
    await take(database, *range(2, 12), reporter="person-1")
    await take(database, *range(12, 22), reporter="another")
    assert await fetch(database_url, CASES) == [("decided", 21, False)]


async def test_a_report_costs_the_same_however_many_came_before_it(
    database: Database, database_url: str
) -> None:
    """By rows: what is known of a case is carried on, and never counted anew."""
    await execute(database_url, "update cases set state = 'queued', decision_id = null")
    await take(database, *range(2, 900), reporter="person-1")
    async with database.as_worker() as session:
        await take_reports(session, [arrival(scored_report(900, reporter="person-1"))], ACTOR)
        assert (await session.execute(ROWS_READ)).scalar_one() <= 10
    assert await fetch(database_url, CASES) == [("queued", 900, False)]

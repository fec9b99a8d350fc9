"""Reports weigh by what became of the same person's earlier ones, as it stands now."""

import math
import zlib
from collections.abc import AsyncIterator

import pytest

from services.review.cases.arrivals import arrival
from services.review.cases.intake import take_reports
from services.review.database.engine import Database
from shared.contracts.identifiers import Environment
from tests.builders.scored_reports import scored_report
from tests.integration.review_stream.parts import execute, fetch
from tests.integration.review_stream.test_intake import ACTOR, SEED

REVIEWER = """
insert into reviewers (reviewer_id, email, name, password_hash, roles)
  values ('rev', 'r@example.org', 'R', '', '{reviewer}')
"""
DECIDE = """
insert into decisions (decision_id, group_id, platform_id, environment, case_id, cluster_id,
    subject_id, reviewer_id, lease_id, request_hash, state, finding, actions, policies,
    content_digest, decided_at, undo_until)
  select 'dec ' || case_id, case_id, platform_id, environment, case_id, cluster_id, subject_id,
    'rev', case_id, '', 'final', '{finding}', '[]', '[]', content_digest, now(), now()
  from cases where state = 'queued';
update cases set state = 'decided', decision_id = 'dec ' || case_id, decided_at = now(),
  reporters_at_decision = reporter_count where state = 'queued';
delete from queue_entries
"""
UNDO = """
update decisions set state = 'undone';
update cases set state = 'queued', decision_id = null, decided_at = null
"""
OVERTURN = """
insert into decisions (decision_id, group_id, platform_id, environment, case_id, cluster_id,
    subject_id, reviewer_id, lease_id, request_hash, state, finding, actions, policies,
    content_digest, decided_at, undo_until)
  select 'new ' || decision_id, group_id, platform_id, environment, case_id, cluster_id, subject_id,
    'rev', 'new', '', 'final', 'no_violation', '[]', '[]', content_digest, now(), now()
  from decisions;
update decisions set state = 'reversed' where decision_id not like 'new %';
update cases set decision_id = 'new ' || decision_id
"""
NEWEST = (
    "select reporter_weight, record_decided, record_violations from cases"
    " where subject_id = 'x:post:new'"
)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Somebody reported four posts, and all four were found to be violations."""
    await execute(database_url, SEED + REVIEWER)
    database = Database(database_url, pool_size=2)
    await take(database, *(f"x:post:{n}" for n in range(4)))
    await execute(database_url, DECIDE.format(finding="violation"))
    yield database
    await database.close()


async def take(
    database: Database,
    *subjects: str,
    reporter: str = "somebody",
    environment: Environment = Environment.LIVE,
) -> None:
    reports = [
        scored_report(
            zlib.crc32(f"{subject} {reporter}".encode()),
            subject=subject,
            reporter=reporter,
            environment=environment,
        )
        for subject in subjects
    ]
    async with database.as_worker() as session:
        await take_reports(session, [*map(arrival, reports)], ACTOR)


async def the_newest(url: str) -> tuple[float, object, object]:
    ((weight, decided, violations),) = await fetch(url, NEWEST)
    assert isinstance(weight, float)
    return weight, decided, violations


async def test_who_was_right_four_times_counts_for_more_and_the_case_says_why(
    database: Database, database_url: str
) -> None:
    await take(database, "x:post:new")
    weight, *record = await the_newest(database_url)
    assert math.isclose(weight, 0.75)
    assert record == [4, 4]
    sentences = (
        "select factor ->> 'sentence' from cases, jsonb_array_elements(priority -> 'factors')"
        " factor where subject_id = 'x:post:new' and factor ->> 'name' = 'record'"
    )
    assert await fetch(database_url, sentences) == [
        ("Reviewers confirmed 4 of the last 4 decided reports by those who reported this",)
    ]


async def test_the_records_of_all_who_report_a_case_are_told_together(
    database: Database, database_url: str
) -> None:
    await take(database, "x:post:new")
    await take(database, "x:post:other", reporter="careless")
    await execute(
        database_url,
        "update cases set state = 'held' where subject_id = 'x:post:new';"
        + DECIDE.format(finding="no_violation")
        + ";update cases set state = 'queued' where subject_id = 'x:post:new'",
    )
    await take(database, "x:post:new", reporter="careless")
    weight, *record = await the_newest(database_url)
    assert math.isclose(weight, 0.75 + 0.4)
    assert record == [5, 4]


async def test_a_decision_that_was_undone_says_nothing_of_who_reported(
    database: Database, database_url: str
) -> None:
    await execute(database_url, UNDO)
    await take(database, "x:post:new")
    assert await the_newest(database_url) == (0.5, 0, 0)


async def test_a_decision_that_was_overturned_counts_as_what_stands_now(
    database: Database, database_url: str
) -> None:
    await execute(database_url, OVERTURN)
    await take(database, "x:post:new")
    weight, *record = await the_newest(database_url)
    assert math.isclose(weight, 0.25)
    assert record == [4, 0]


@pytest.mark.parametrize("finding", ["insufficient_information", "already_gone", "out_of_scope"])
async def test_findings_that_say_nothing_of_the_report_leave_the_weight(
    database: Database, database_url: str, finding: str
) -> None:
    await execute(database_url, f"update decisions set finding = '{finding}'")
    await take(database, "x:post:new")
    assert await the_newest(database_url) == (0.5, 0, 0)


async def test_the_sandbox_and_other_people_have_records_of_their_own(
    database: Database, database_url: str
) -> None:
    await take(database, "x:post:new", environment=Environment.TEST)
    assert await the_newest(database_url) == (0.5, 0, 0)
    await take(database, "x:post:old", reporter="another")
    weights = "select reporter_weight from cases where subject_id = 'x:post:old'"
    assert await fetch(database_url, weights) == [(0.5,)]


async def test_whoever_reports_what_is_decided_already_earns_nothing_by_it(
    database: Database, database_url: str
) -> None:
    await take(database, *(f"x:post:{n}" for n in range(4)), reporter="late")
    assert await fetch(database_url, "select distinct report_count from cases") == [(2,)]
    await take(database, "x:post:new", reporter="late")
    assert await the_newest(database_url) == (0.5, 0, 0)


async def test_a_nameless_brigade_has_no_record(database: Database, database_url: str) -> None:
    for subject in ("x:post:5", "x:post:6"):
        await take_nameless(database, subject)
    await execute(database_url, DECIDE.format(finding="violation"))
    await take_nameless(database, "x:post:new")
    assert await the_newest(database_url) == (0.5, 0, 0)


async def take_nameless(database: Database, subject: str) -> None:
    one = scored_report(zlib.crc32(subject.encode()), subject=subject)
    reporter = one.report.reporter.model_copy(update={"id": None})
    report = one.report.model_copy(update={"reporter": reporter})
    async with database.as_worker() as session:
        await take_reports(session, [arrival(one.model_copy(update={"report": report}))], ACTOR)

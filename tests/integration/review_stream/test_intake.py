"""What becomes of scored reports in the database, whatever comes twice or disagrees."""

from collections.abc import AsyncIterator, Sequence

import pytest

from services.review.audit.models import Actor, ActorKind
from services.review.cases.arrivals import arrival
from services.review.cases.intake import take_reports
from services.review.database.engine import Database
from services.review.jobs.sink import Sink
from shared.contracts.codec import encode
from shared.contracts.identifiers import Environment
from shared.contracts.scored_report import ScoredReport
from shared.kafka.dead_letters import RawRecord
from tests.builders.scored_reports import scored_report
from tests.integration.review_stream.parts import execute, fetch

ACTOR = Actor(ActorKind.SYSTEM, "test")
SEED = """
insert into platforms (platform_id, name) values ('x', 'X');
insert into queues (queue_id, title, kind, minutes_per_case, position)
  values ('violence', 'Violence', 'cases', 1, 1), ('rest', 'The rest', 'cases', 1, 2);
insert into policies (policy_id, revision, title, text, severity, queue_id, actions,
    standing_days, reopen_reporters, appeal_days)
  values ('threat', 1, 'Threats', '', 50, 'violence', '{}', 30, 3, 180),
         ('other', 1, 'Other', '', 1, 'rest', '{}', 30, 3, 180);
"""


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await execute(database_url, SEED)
    database = Database(database_url, pool_size=2)
    yield database
    await database.close()


async def take(database: Database, *reports: ScoredReport) -> None:
    async with database.as_worker() as session:
        await take_reports(session, [*map(arrival, reports)], ACTOR)


async def only(url: str, query: str) -> tuple[object, ...]:
    (row,) = await fetch(url, query)
    return row


async def test_all_reports_on_one_subject_are_one_case_in_the_queue(
    database: Database, database_url: str
) -> None:
    reports: Sequence[ScoredReport] = [scored_report(n, reporter=f"r{n}") for n in range(5)]
    await take(database, *reports[:3])
    await take(database, *reports[3:])
    assert await only(
        database_url, "select report_count, reporter_count, state, version from cases"
    ) == (5, 5, "queued", 2)
    assert await only(database_url, "select queue_id, count(*) from queue_entries group by 1") == (
        "violence",
        1,
    )


async def test_a_replay_of_everything_changes_nothing(
    database: Database, database_url: str
) -> None:
    reports = [scored_report(n, subject=f"x:post:{n % 2}", reporter=f"r{n}") for n in range(6)]
    await take(database, *reports)
    facts = "select case_id, report_count, reporter_count, reporter_weight, version from cases"
    before = await fetch(database_url, facts)
    await take(database, *reports)
    await take(database, *reversed(reports))
    assert sorted(await fetch(database_url, facts)) == sorted(before)
    assert await only(database_url, "select count(*) from report_conflicts") == (0,)
    assert await only(database_url, "select count(*) from case_events") == (2,)


async def test_one_id_with_two_bodies_is_one_report_and_a_conflict_that_names_what_differs(
    database: Database, database_url: str
) -> None:
    first = scored_report(1)
    second = scored_report(1, policy="other", body_hash="second body")
    await take(database, first, second)
    await take(database, second, first)
    assert await only(database_url, "select body_hash from reports") == ("first body",)
    assert await only(database_url, "select body_hash, pointers from report_conflicts") == (
        "second body",
        ["/reason"],
    )
    assert await only(database_url, "select report_count from cases") == (1,)


async def test_one_person_who_reports_often_counts_once_as_a_reporter(
    database: Database, database_url: str
) -> None:
    await take(database, *(scored_report(n, reporter="same") for n in range(4)))
    assert await only(
        database_url, "select report_count, reporter_count, reporter_weight from cases"
    ) == (4, 1, 0.5)


async def test_sandbox_reports_have_cases_of_their_own_and_no_place_in_the_queue(
    database: Database, database_url: str
) -> None:
    await take(database, scored_report(1), scored_report(2, environment=Environment.TEST))
    assert await only(database_url, "select count(*) from cases") == (2,)
    assert await only(
        database_url, "select environment, count(*) from queue_entries group by 1"
    ) == (
        "live",
        1,
    )


async def test_an_alias_that_was_learnt_leads_to_the_same_case(
    database: Database, database_url: str
) -> None:
    await take(database, scored_report(1, subject="x:user:7", aliases=("x:handle:name",)))
    await take(database, scored_report(2, subject="x:handle:name"))
    assert await only(database_url, "select subject_id, report_count from cases") == ("x:user:7", 2)


async def test_the_gravest_policy_leads_and_unknown_ones_count_as_other(
    database: Database, database_url: str
) -> None:
    await take(database, scored_report(1, policy="never heard of"))
    assert await only(database_url, "select policy_id, queue_id from cases") == ("other", "rest")
    await take(database, scored_report(2, policy="threat"))
    assert await only(database_url, "select policy_id, queue_id from cases") == (
        "threat",
        "violence",
    )
    assert await only(database_url, "select queue_id from queue_entries") == ("violence",)


async def test_a_place_in_the_queue_follows_its_case_until_a_person_has_moved_it(
    database: Database, database_url: str
) -> None:
    await take(database, scored_report(1, policy="spam"))
    await execute(database_url, "update cases set language = 'xx'")
    await execute(database_url, "update queue_entries set language = 'xx'")
    await take(database, scored_report(2, policy="spam"))
    both = (
        "select c.language, e.language from cases c join queue_entries e on entry_id = cluster_id"
    )
    case, entry = await only(database_url, both)
    assert case == entry != "xx"
    await execute(database_url, "insert into queues values ('escalations', 'E', 'cases', 1, 3)")
    await execute(database_url, "update cases set state = 'escalated', queue_id = 'escalations'")
    await execute(database_url, "update queue_entries set queue_id = 'escalations'")
    await take(database, scored_report(3, policy="threat"))
    both = "select c.policy_id, c.queue_id, e.queue_id from cases c, queue_entries e"
    assert await only(database_url, both) == ("threat", "escalations", "escalations")


async def test_changed_content_changes_the_digest_and_another_report_alone_does_not(
    database: Database, database_url: str
) -> None:
    digest = "select content_digest from cases"
    await take(database, scored_report(1, text="one"))
    first = await only(database_url, digest)
    await take(database, scored_report(2, text=None), scored_report(3, text="one"))
    assert await only(database_url, digest) == first
    await take(database, scored_report(4, text="two"))
    assert await only(database_url, digest) != first


async def test_every_version_of_a_case_has_one_entry_that_waits_for_the_audit_trail(
    database: Database, database_url: str
) -> None:
    await take(database, scored_report(1))
    await take(database, scored_report(2))
    assert await fetch(
        database_url,
        "select e.version, count(a.audit_id) from case_events e left join audit_outbox a"
        " on a.case_id = e.case_id and (a.entry::jsonb ->> 'case_version')::bigint = e.version"
        " group by 1 order by 1",
    ) == [(1, 1), (2, 1)]


async def test_a_match_that_came_before_the_case_joins_it_when_the_case_arrives(
    database: Database, database_url: str
) -> None:
    await execute(
        database_url,
        "insert into matches (match_id, environment, method, similarity, younger,"
        " younger_platform, elder, elder_platform, found_at)"
        " values ('m', 'live', 'exact', 1, 'x:post:2', 'x', 'x:post:1', 'x', now())",
    )
    for number in (1, 2):
        record = RawRecord(
            "scored-reports",
            0,
            number,
            0,
            None,
            encode(scored_report(number, subject=f"x:post:{number}")),
        )
        async with database.as_worker() as session:
            await Sink().take(session, [record])
    assert await only(database_url, "select count(distinct cluster_id), count(*) from cases") == (
        1,
        2,
    )
    assert await only(database_url, "select count(*) from queue_entries") == (1,)


async def test_the_trace_of_the_request_is_kept_with_its_report(
    database: Database, database_url: str
) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = (("traceparent", trace.encode()),)
    traced, plain = encode(scored_report(1)), encode(scored_report(2))
    async with database.as_worker() as session:
        await Sink().take(
            session,
            [
                RawRecord("scored-reports", 0, 0, 1795000001000, b"k", traced, headers),
                RawRecord("scored-reports", 0, 1, 1795000001000, b"k", plain, ()),
            ],
        )
    kept = "select external_id, traceparent from reports order by 1"
    assert await fetch(database_url, kept) == [("report-1", trace), ("report-2", None)]


async def test_what_was_read_ahead_is_taken_for_no_other_record_at_its_place(
    database: Database, database_url: str
) -> None:
    left_behind, taken = (
        RawRecord("scored-reports", 0, 0, 1795000001000, b"k", encode(scored_report(number)))
        for number in (1, 2)
    )
    sink = Sink()
    sink.read_ahead([left_behind])
    async with database.as_worker() as session:
        await sink.take(session, [taken])
    assert await fetch(database_url, "select external_id from reports") == [("report-2",)]

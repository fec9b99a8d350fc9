"""What a claim and a search cost, by the pages and rows they read, whatever waits in the queue."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence

import pytest
from sqlalchemy import TextClause, text

from deploy.local.postgres import Server
from services.review.cases import (
    order_repository,
    precedents_repository,
    queue_repository,
    reporters_repository,
    search_repository,
)
from services.review.cases.precedents import ENOUGH_PRECEDENTS
from services.review.cases.queue_rules import QueueLane
from services.review.cases.reliability import Record
from services.review.cases.search_repository import Wanted
from services.review.cases.share_rules import EACH_ITS_OWN, EVERYTHING, Share, Span
from services.review.database.session import Session
from shared.contracts.identifiers import PlatformId
from tests.integration.review_api.parts import Desk, opened
from tests.real_parts import cloned, run_apart

WAITING, OWN, LISTED = 24_000, 10_000, 10_000
WIDTH = 9
RARE = ("ar", "fa", "ps", "sd", "ta", "ur", "uz")
ENTRIES = f"""
insert into queue_entries (entry_id, kind, platform_id, environment, queue_id, language, clearance,
  lane, key, formula, enqueued_at, excluded_reviewers)
select 'e' || n, 'case', 'x', 'live', 'other', 'en', 1, 2, -n, 1, now(),
  case when n <= {OWN} then '{{rev_1}}'::text[] else '{{}}' end
from generate_series(1, {WAITING}) n order by md5(n::text);
insert into queue_entries (entry_id, kind, platform_id, environment, queue_id, language, clearance,
  lane, key, formula, enqueued_at)
select 'e-' || language, 'case', 'x', 'live', 'other', language, 1, 2, -{WAITING}, 1, now()
from unnest('{{{",".join(RARE)}}}'::text[]) language;
insert into queue_lanes select distinct queue_id, language, clearance, platform_id
from queue_entries;
vacuum analyze queue_entries
"""
CASES = f"""
insert into clusters (cluster_id, platform_id, environment) values ('k', 'x', 'live');
insert into cases (case_id, platform_id, environment, cluster_id, subject_id, kind, identity, state,
  policy_id, policy_revision, queue_id, urgency, language, content_digest, scores, violation,
  report_count, reporter_count, reporter_weight, priority, opened_at)
select 'c' || n, 'x', 'live', 'k', 'x:post:' || n, 'content', 'stable',
  case when n % 5000 = 1 then 'escalated' else 'queued' end, 'other', 1, 'other', 'normal', 'en',
  '', '{{}}', 0.5, 1, 1, 0.5, '{{}}',
  now() - n * interval '1 second' from generate_series(1, {LISTED}) n;
vacuum analyze cases
"""

# One account reported all the cases.
BUSY = """
insert into reviewers (reviewer_id, email, name, password_hash, roles)
  values ('busy', 'busy@example.org', 'B', '', '{{reviewer}}');
insert into decisions (decision_id, group_id, platform_id, environment, case_id, cluster_id,
  subject_id, reviewer_id, lease_id, request_hash, state, finding, actions, policies,
  content_digest, decided_at, undo_until)
select 'd' || case_id, case_id, 'x', 'live', case_id, 'k', subject_id, 'busy', case_id, '',
  'final', 'violation', '[]', '[]', '', now(), now() from cases limit {decided};
update cases set decision_id = d.decision_id from decisions d where d.case_id = cases.case_id;
insert into case_reporters (case_id, reporter_key, weight) select case_id, 'busy', 0.5 from cases;
vacuum analyze case_reporters;
vacuum analyze decisions;
vacuum analyze cases
"""
# All that was decided matches one subject.
VIRAL = """
insert into matches (match_id, environment, method, similarity, younger, younger_platform, elder,
  elder_platform, found_at)
select 'm' || case_id, 'live', 'exact', 1, subject_id, 'x', 'x:post:viral', 'x', now() from cases;
vacuum analyze matches
"""


async def crowd(url: str) -> None:
    async with opened(url) as desk:
        for statement in (ENTRIES + ";" + CASES).split(";"):
            await desk.execute(statement)


@pytest.fixture(scope="module")
def crowded(database_server: Server, database_template: str) -> Iterator[str]:
    """Name of a database with all that waits, to be copied."""
    with cloned(database_server, database_template) as name:
        run_apart(crowd(database_server.url(name)))
        yield name


@pytest.fixture
async def desk(database_server: Server, crowded: str) -> AsyncIterator[Desk]:
    with cloned(database_server, crowded) as name:
        async with opened(database_server.url(name), furnished=True) as desk:
            yield desk


async def pages_read(
    session: Session, statement: TextClause, parameters: dict[str, object]
) -> tuple[int, set[str]]:
    """Pages of 8 KiB that the statement touched, and the tables it read."""
    explained = text(f"explain (analyze, buffers, format json) {statement.text}")
    plan = (await session.execute(explained, parameters)).scalar_one()
    found = (plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]
    return found["Shared Hit Blocks"] + found["Shared Read Blocks"], set(_tables(found))


def _tables(node: dict[str, object]) -> list[str]:
    plans = node.get("Plans", [])
    assert isinstance(plans, list)
    own = [str(node["Relation Name"])] if "Relation Name" in node else []
    return own + [table for plan in plans for table in _tables(plan)]


async def test_a_claim_reads_the_heads_of_its_lanes_and_one_table(desk: Desk) -> None:
    """Thousands wait in a language of others; theirs are seven, the last of all."""
    pages, found = await claim(desk, "rev_2", RARE)
    assert len(found) == len(RARE)
    assert pages <= 60


async def test_a_claim_behind_thousands_of_entries_of_ones_own_reads_none_of_their_rows(
    desk: Desk,
) -> None:
    """They stand before all others, in no order on the disk; their index says whose they are."""
    pages, found = await claim(desk, "rev_1", ("en", *RARE))
    assert found == [f"e{OWN + place}" for place in range(1, WIDTH + 1)]
    assert pages <= OWN / 40


async def test_what_others_work_on_is_not_read_though_the_plan_knows_of_none_of_it(
    desk: Desk,
) -> None:
    """Nothing was leased when the table was last analysed. By owner the index of leases is the
    smallest.
    """
    await lease(desk, f"key < 900 - {WAITING}", "now() + interval '1 h' - key * interval '1 ms'")
    pages, found = await claim(desk, "rev_2", ("en", *RARE))
    assert len(found) == WIDTH
    assert pages <= 80


async def test_the_rest_is_reached_behind_thousands_of_imminent_entries_without_reading_them(
    desk: Desk,
) -> None:
    await desk.execute("update queue_entries set lane = 1 where language = 'en' and key < -9")
    await desk.execute("vacuum analyze queue_entries")
    pages, found = await claim(desk, "rev_2", ("en", *RARE), EACH_ITS_OWN)
    imminent, rest = found[:WIDTH], found[WIDTH:]
    assert imminent == [f"e{place}" for place in range(10, 10 + WIDTH)]
    assert rest == [f"e{place}" for place in range(1, 10)]
    assert pages <= 120


async def test_the_second_column_of_keys_is_read_from_its_own_index(desk: Desk) -> None:
    await desk.execute("update queue_entries set second_key = -key, second_key_order = 2")
    await desk.execute("update queue_order set counts = 2, number = 2")
    await desk.execute("vacuum analyze queue_entries")
    pages, found = await claim(desk, "rev_2", ("en", *RARE), key="second_key")
    assert found[0] == f"e{WAITING}"
    assert len(found) == WIDTH
    assert pages <= 60


async def test_what_is_not_in_the_order_yet_is_found_without_reading_the_rest(desk: Desk) -> None:
    await desk.execute("update queue_entries set key_order = 2 where entry_id <> 'e77'")
    await desk.execute("vacuum analyze queue_entries")
    statement = text(order_repository.list_behind("key"))
    async with desk.database.as_worker() as session:
        for number, found in ((2, ["e77"]), (1, [])):
            parameters: dict[str, object] = {"number": number, "most": 500}
            pages, _ = await pages_read(session, statement, parameters)
            assert list((await session.execute(statement, parameters)).scalars()) == found
            assert pages <= 10


async def test_the_share_is_counted_from_the_leases_alone(desk: Desk) -> None:
    until = "now() + case when key < -30 then interval '-1 s' else '1 h' end"
    await lease(desk, "key between -40 and -1", until)
    await desk.execute("update queue_entries set lane = 1 where key between -20 and -1")
    await desk.execute("vacuum analyze queue_entries")
    async with desk.database.as_reviewer([PlatformId("x")]) as session:
        shape = await queue_repository.find_shape(session, "other", share=Share(0.8))
        pages, _ = await pages_read(session, text(queue_repository.AT_WORK), {"queue": "other"})
    assert shape is not None
    assert (shape.at_work.imminent, shape.at_work.others) == (20, 10)
    assert pages <= 45  # one for each lease, and its index


async def lease(desk: Desk, which: str, until: str) -> None:
    await desk.execute(
        "insert into reviewers (reviewer_id, email, name, password_hash, roles)"
        " values ('r', 'r@mizan.example', 'R', '', '{reviewer}') on conflict do nothing"
    )
    await desk.execute(
        "update queue_entries set lease_id = entry_id, lease_token_sha256 = '', lease_owner = 'r',"
        f" lease_expires_at = {until} where {which}"
    )


async def claim(
    desk: Desk,
    reviewer: str,
    languages: Sequence[str],
    spans: Sequence[Span] = EVERYTHING,
    *,
    key: str = "key",
) -> tuple[int, list[str]]:
    """The pages that its query reads, and what it finds."""
    lanes = [QueueLane(language, 1, "x") for language in languages]
    parameters = queue_repository.candidates_parameters(
        "other", lanes, reviewer=reviewer, clearance=1, width=WIDTH, spans=spans
    )
    async with desk.database.as_reviewer([PlatformId("x")]) as session:
        pages, tables = await pages_read(
            session, text(queue_repository.candidates(key)), parameters
        )
        found = list(
            (await session.execute(text(queue_repository.candidates(key)), parameters)).scalars()
        )
    assert tables == {"queue_entries"}  # who must not take it is a column, not a join
    return pages, found


async def test_a_page_of_a_list_reads_a_page_of_the_table_whatever_it_is_filtered_by(
    desk: Desk,
) -> None:
    wanted = {
        "newest": Wanted(limit=20),
        "of a rare state": Wanted(state="escalated", limit=20),
        "of a subject": Wanted(subject_id="x:post:7777", limit=20),
    }
    async with desk.database.as_reviewer([PlatformId("x")]) as session:
        first = await search_repository.list_cases(session, wanted["newest"])
        wanted["after a cursor"] = Wanted(limit=20, after=(first[-1].opened_at, first[-1].case_id))
        for name, one in wanted.items():
            statement, parameters = search_repository.list_statement(one)
            pages, _ = await pages_read(session, statement, parameters)
            assert pages <= 100, name


@pytest.mark.parametrize("decided", [0, LISTED])
async def test_a_record_reads_a_bounded_part_of_what_a_busy_account_ever_reported(
    desk: Desk, decided: int
) -> None:
    """Whether nothing of the last cases is decided or everything."""
    for change in BUSY.format(decided=decided).split(";"):
        await desk.execute(change)
    statement = text(reporters_repository.RECORDS)
    parameters = reporters_repository.records_parameters([("live", "busy"), ("live", "nobody")])
    async with desk.database.as_worker() as session:
        pages, tables = await pages_read(session, statement, parameters)
        records = await reporters_repository.load_records(session, [("live", "busy")])
    assert tables == {"case_reporters", "cases", "decisions"}
    assert pages <= 5 * reporters_repository.MOST_CASES
    most = reporters_repository.MOST_DECISIONS
    assert records == ({("live", "busy"): Record(most, most)} if decided else {})


async def test_what_was_decided_on_the_copies_of_a_viral_post_is_read_from_the_newest(
    desk: Desk,
) -> None:
    for change in (BUSY.format(decided=LISTED) + ";" + VIRAL).split(";"):
        await desk.execute(change)
    statement = text(precedents_repository.PRECEDENTS)
    viral = [("live", "x:post:viral")]
    async with desk.database.as_worker() as session:
        pages, _ = await pages_read(
            session, statement, precedents_repository.precedents_parameters(viral)
        )
        weights = await precedents_repository.load_precedents(session, viral)
    assert pages <= 20 * precedents_repository.MOST_MATCHES
    assert weights == {("live", "x:post:viral"): ENOUGH_PRECEDENTS}

"""Cases that show the same become one cluster, whichever of match and case comes first."""

import asyncio
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from services.review.database.engine import Database
from services.review.jobs.matches import duty, hold_joins, join_by_matches, take_matches
from services.review.settings import Settings
from shared.contracts.codec import encode
from shared.contracts.identifiers import Environment, PlatformId, SubjectId
from shared.contracts.match import Match, MatchMethod
from shared.contracts.topics import MATCHES
from shared.kafka.dead_letters import RawRecord
from tests.integration.review_stream.parts import execute, fetch, opened, send, served
from tests.waiting import eventually

TENANTS = """
insert into platforms (platform_id, name) values ('x', 'X'), ('youtube', 'YouTube');
insert into queues values ('other', 'Other', 'cases', 2, 1), ('hate', 'Hate', 'cases', 2, 2);
insert into reviewers (reviewer_id, email, name, password_hash, roles)
values ('r', 'r@mizan.example', 'R', '', '{reviewer}');
"""
CLUSTERS = """
insert into clusters (cluster_id, platform_id, environment, created_at)
select 'k' || n, 'x', 'live', now() + n * interval '1 s' from generate_series({0}, {1}) n;
"""
CASES = """
insert into cases (case_id, platform_id, environment, cluster_id, subject_id, kind, identity, state,
  policy_id, policy_revision, queue_id, urgency, language, content_digest, scores, violation,
  report_count, reporter_count, reporter_weight, priority, opened_at)
select 'case' || n, 'x', 'live', 'k' || n, 's' || n, 'content', 'stable', 'queued', 'other', 1,
  'other', 'normal', 'en', '', '{{}}', 0.5, 1, 1, 0.5, '{{}}', now()
from generate_series({0}, {1}) n;
"""
ENTRIES = """
insert into queue_entries (entry_id, kind, platform_id, environment, queue_id, language, clearance,
  lane, key, formula, enqueued_at)
select 'k' || n, 'case', 'x', 'live', case n when 2 then 'hate' else 'other' end, 'en', 1, 2, n, 1,
  now() - n * interval '1 h' from generate_series({0}, {1}) n;
"""
PLACE_OF_CASES = "select case_id, cluster_id, state, version from cases order by case_id"
APART = [("case1", "k1", "queued", 1), ("case2", "k2", "queued", 1)]
TOGETHER = [("case1", "k1", "queued", 1), ("case2", "k1", "queued", 2)]


def rows(first: int, last: int) -> str:
    return (CLUSTERS + CASES + ENTRIES).format(first, last)


def match(younger: int, elder: int, *, elder_platform: str = "x") -> Match:
    return Match(
        match_id=f"match-{younger}-{elder}",
        environment=Environment.LIVE,
        method=MatchMethod.EXACT,
        similarity=1.0,
        younger=SubjectId(f"s{younger}"),
        younger_platform=PlatformId("x"),
        elder=SubjectId(f"s{elder}"),
        elder_platform=PlatformId(elder_platform),
        found_at=datetime(2026, 11, 1, tzinfo=UTC),
    )


def records(*matches: Match) -> list[RawRecord]:
    return [
        RawRecord(MATCHES.name, 0, offset, 1_800_000_000_000, None, encode(found))
        for offset, found in enumerate(matches)
    ]


async def take(database: Database, *matches: Match) -> None:
    async with database.as_worker() as session:
        await take_matches(session, records(*matches))


async def taken(url: str, *matches: Match) -> None:
    async with opened(url) as database:
        await take(database, *matches)


async def test_two_clusters_that_wait_become_the_elder_one_with_the_better_place(
    database_url: str,
) -> None:
    await execute(database_url, TENANTS + rows(1, 2))
    await taken(database_url, match(2, 1))
    assert await fetch(database_url, PLACE_OF_CASES) == TOGETHER
    entries = "select entry_id, queue_id, key from queue_entries"
    assert await fetch(database_url, entries) == [("k1", "hate", 2.0)]
    versions = "select cluster_id, version from clusters order by 1"
    assert await fetch(database_url, versions) == [("k1", 2), ("k2", 1)]
    history = "select case_id, version, event, actor from case_events"
    assert await fetch(database_url, history) == [("case2", 2, "cluster_joined", "system:matches")]
    assert len(await fetch(database_url, "select 1 from audit_outbox")) == 1
    assert await fetch(database_url, "select queue_id from queue_lanes") == [("hate",)]


async def test_a_case_that_comes_after_its_match_is_joined_by_whoever_brings_it(
    database_url: str,
) -> None:
    await execute(database_url, TENANTS + rows(1, 1))
    async with opened(database_url) as database:
        await take(database, match(2, 1))
        await execute(database_url, rows(2, 2))
        async with database.as_worker() as session:
            assert await join_by_matches(session, Environment.LIVE, ["s2"]) == 1
    assert await fetch(database_url, PLACE_OF_CASES) == TOGETHER


async def test_a_case_and_its_match_that_come_at_the_same_moment_are_joined(
    database_url: str,
) -> None:
    await execute(database_url, TENANTS + rows(1, 1))
    waiting = (
        "select 1 from pg_stat_activity"
        " where wait_event_type = 'Lock' and datname = current_database()"
    )

    async def waits() -> bool:
        return bool(await fetch(database_url, waiting))

    async with opened(database_url) as database:
        async with database.as_worker() as session:
            await hold_joins(session)
            for statement in rows(2, 2).split(";\n"):
                if statement.strip():
                    await session.run(statement)
            assert await join_by_matches(session, Environment.LIVE, ["s2"]) == 0
            other = asyncio.create_task(take(database, match(2, 1)))
            await eventually(waits, what="the match waits for the case")
        await other
    assert await fetch(database_url, PLACE_OF_CASES) == TOGETHER


async def test_the_same_match_again_moves_nothing(database_url: str) -> None:
    await execute(database_url, TENANTS + rows(1, 2))
    await taken(database_url, match(2, 1))
    await taken(database_url, match(2, 1), match(2, 1))
    assert await fetch(database_url, PLACE_OF_CASES) == TOGETHER
    assert len(await fetch(database_url, "select 1 from case_events")) == 1


async def test_a_chain_of_matches_in_one_batch_ends_in_the_eldest_cluster(
    database_url: str,
) -> None:
    await execute(database_url, TENANTS + rows(1, 4))
    await taken(database_url, match(4, 3), match(3, 2), match(2, 1))
    clusters = "select distinct cluster_id from cases"
    assert await fetch(database_url, clusters) == [("k1",)]
    assert await fetch(database_url, "select entry_id, key from queue_entries") == [("k1", 4.0)]
    moved = "select count(*), max(version) from case_events"
    assert await fetch(database_url, moved) == [(3, 2)]


LEASED = """
update queue_entries set lease_id = 'l', lease_token_sha256 = 't', lease_owner = 'r',
  lease_expires_at = now() + interval '1 h' where entry_id = '{}'
"""


@pytest.mark.parametrize(
    "busy",
    [
        LEASED.format("k1"),
        LEASED.format("k2"),
        "update queue_entries set assigned_to = 'r' where entry_id = 'k1'",
        "insert into cluster_splits values ('live', 's1', 's2')",
    ],
)
async def test_what_somebody_has_in_hand_or_took_apart_becomes_a_proposal(
    database_url: str, busy: str
) -> None:
    await execute(database_url, TENANTS + rows(1, 2))
    await execute(database_url, busy)
    await taken(database_url, match(2, 1))
    assert await fetch(database_url, PLACE_OF_CASES) == APART
    assert await fetch(database_url, "select proposal from matches") == [(True,)]
    assert len(await fetch(database_url, "select 1 from queue_entries")) == 2


@pytest.mark.parametrize("state", ["decided", "held", "escalated"])
async def test_a_cluster_that_is_decided_held_or_escalated_takes_nobody_in(
    database_url: str, state: str
) -> None:
    await execute(database_url, TENANTS + rows(1, 2))
    await execute(database_url, f"update cases set state = '{state}' where case_id = 'case1'")
    await taken(database_url, match(2, 1))
    assert await fetch(database_url, PLACE_OF_CASES) == [("case1", "k1", state, 1), APART[1]]
    assert await fetch(database_url, "select proposal from matches") == [(True,)]


async def test_what_was_taken_apart_does_not_meet_again_through_a_third(
    database_url: str,
) -> None:
    await execute(database_url, TENANTS + rows(1, 3))
    await execute(database_url, "insert into cluster_splits values ('live', 's1', 's2')")
    await taken(database_url, match(3, 1), match(3, 2))
    together = "select cluster_id from cases where case_id in ('case1', 'case2')"
    assert len(set(await fetch(database_url, together))) == 2


async def test_a_match_across_platforms_is_kept_and_joins_nothing(database_url: str) -> None:
    await execute(database_url, TENANTS + rows(1, 2))
    for table in ("cases", "clusters"):
        await execute(
            database_url,
            f"update {table} set platform_id = 'youtube' where cluster_id = 'k1'",
        )
    await taken(database_url, match(2, 1, elder_platform="youtube"))
    assert await fetch(database_url, PLACE_OF_CASES) == APART
    assert await fetch(database_url, "select proposal from matches") == [(False,)]


async def test_a_match_that_knows_a_subject_by_another_name_joins_it(database_url: str) -> None:
    await execute(database_url, TENANTS + rows(1, 2))
    await execute(database_url, "insert into subject_aliases values ('live', 's9', 'x', 's1')")
    await taken(database_url, match(2, 9))
    assert await fetch(database_url, PLACE_OF_CASES) == TOGETHER


async def test_a_lease_that_ran_out_does_not_come_back_to_a_grown_cluster(
    database_url: str,
) -> None:
    await execute(database_url, TENANTS + rows(1, 2))
    await execute(database_url, LEASED.format("k1"))
    await execute(
        database_url,
        "update queue_entries set lease_expires_at = now() where lease_id is not null",
    )
    await taken(database_url, match(2, 1))
    entries = "select entry_id, lease_id from queue_entries"
    assert await fetch(database_url, entries) == [("k1", None)]


async def test_the_duty_takes_matches_from_the_log(fresh_topics: str, database_url: str) -> None:
    await execute(database_url, TENANTS + rows(1, 2))
    await send(fresh_topics, MATCHES, [encode(match(2, 1))])
    settings = Settings(
        database_url=SecretStr(database_url), cursor_key=SecretStr("k" * 16), kafka=fresh_topics
    )

    async def joined() -> bool:
        return await fetch(database_url, PLACE_OF_CASES) == TOGETHER

    async with (
        opened(database_url) as database,
        served(duty(settings, database), database_url),
    ):
        await eventually(joined, what="the cases are one cluster")

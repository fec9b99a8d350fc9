"""What ran out is tidied, what is still in somebody's hands is left alone."""

from prometheus_client import REGISTRY
from pydantic import SecretStr

from services.review.jobs.lease_expiry import duty, resume_holds, show_queues, tidy_leases
from services.review.settings import Settings
from tests.integration.review_stream.parts import execute, fetch, opened, served
from tests.waiting import eventually

ROWS = """
insert into platforms (platform_id, name) values ('x', 'X');
insert into queues values ('other', 'Other', 'cases', 2, 1), ('hate', 'Hate', 'cases', 2, 2);
insert into reviewers (reviewer_id, email, name, password_hash, roles)
values ('r', 'r@mizan.example', 'R', '', '{reviewer}');
insert into clusters (cluster_id, platform_id, environment)
select 'k' || n, 'x', 'live' from generate_series(1, 3) n;
insert into cases (case_id, platform_id, environment, cluster_id, subject_id, kind, identity, state,
  policy_id, policy_revision, queue_id, urgency, language, content_digest, scores, violation,
  report_count, reporter_count, reporter_weight, priority, opened_at)
select 'case' || n, 'x', 'live', 'k' || n, 'x:post:' || n, 'content', 'stable', 'queued', 'other',
  1, 'other', 'normal', 'en', '', '{}', 0.5, 1, 1, 0.5, '{"lane": 2, "key": 1, "formula": 1}',
  now() - interval '1 hour' from generate_series(1, 3) n;
insert into queue_entries (entry_id, kind, platform_id, environment, queue_id, language, clearance,
  lane, key, formula, enqueued_at)
select 'k' || n, 'case', 'x', 'live', 'other', 'en', 1, 2, 1, 1, now() - interval '1 hour'
from generate_series(1, 3) n;
"""
LEASES = """
update queue_entries set lease_id = entry_id, lease_token_sha256 = entry_id, lease_owner = 'r',
  lease_expires_at = now() + case entry_id when 'k1' then interval '-1 s' else interval '1 h' end
where entry_id in ('k1', 'k2')
"""
HOLDS = """
update queue_entries set parked = true where entry_id in ('k1', 'k2');
update cases set state = 'held', held_by = 'r',
  held_until = now() + case case_id when 'case1' then interval '-1 s' else interval '1 h' end
where case_id in ('case1', 'case2')
"""


async def test_a_lease_that_ran_out_is_cleared_and_one_that_runs_is_not(database_url: str) -> None:
    await execute(database_url, ROWS + LEASES)
    async with opened(database_url) as database, database.as_worker() as session:
        assert await tidy_leases(session) == 1
    leased = "select entry_id from queue_entries where lease_id is not null"
    assert await fetch(database_url, leased) == [("k2",)]


async def test_a_hold_that_is_over_brings_its_case_back_with_its_history(database_url: str) -> None:
    await execute(database_url, ROWS + HOLDS)
    async with opened(database_url) as database, database.as_worker() as session:
        assert await resume_holds(session) == 1
    cases = "select case_id, state, held_by from cases order by case_id limit 2"
    assert await fetch(database_url, cases) == [("case1", "queued", None), ("case2", "held", "r")]
    parked = "select entry_id from queue_entries where parked"
    assert await fetch(database_url, parked) == [("k2",)]
    history = "select case_id, event, from_state, to_state, actor from case_events"
    assert await fetch(database_url, history) == [
        ("case1", "resumed", "held", "queued", "system:lease-expiry")
    ]
    assert len(await fetch(database_url, "select 1 from audit_outbox")) == 1


async def test_a_held_case_without_a_place_in_the_queue_gets_one(database_url: str) -> None:
    await execute(database_url, ROWS + HOLDS)
    await execute(database_url, "delete from queue_entries where entry_id = 'k1'")
    async with opened(database_url) as database, database.as_worker() as session:
        await resume_holds(session)
    entry = "select queue_id, language, lane, key, parked from queue_entries where entry_id = 'k1'"
    assert await fetch(database_url, entry) == [("other", "en", 2, 1.0, False)]
    assert await fetch(database_url, "select queue_id, language from queue_lanes") == [
        ("other", "en")
    ]


def gauge(name: str, queue: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"queue": queue})


def oldest_of(lane: str) -> float:
    return REGISTRY.get_sample_value("mizan_lane_oldest_age_seconds", {"lane": lane}) or 0.0


async def test_the_gauges_show_what_waits_what_is_leased_and_what_is_empty(
    database_url: str,
) -> None:
    await execute(database_url, ROWS + LEASES)
    await execute(database_url, "update queue_entries set lane = 1 where entry_id = 'k3'")
    async with opened(database_url) as database, database.as_worker() as session:
        await show_queues(session)
    assert gauge("mizan_queue_depth", "other") == 2
    assert gauge("mizan_leases", "other") == 1
    assert (gauge("mizan_queue_oldest_age_seconds", "other") or 0) >= 3600
    assert [oldest_of(lane) >= 3600 for lane in ("orders", "imminent_harm", "normal")] == [
        False,
        True,
        True,
    ]
    assert gauge("mizan_queue_depth", "hate") == 0
    assert gauge("mizan_queue_oldest_age_seconds", "hate") == 0


async def test_the_duty_does_all_of_it_by_itself(database_url: str) -> None:
    await execute(database_url, ROWS + LEASES)
    await execute(
        database_url,
        "update cases set state = 'held', held_until = now() where case_id = 'case3';"
        " update queue_entries set parked = true where entry_id = 'k3'",
    )
    settings = Settings(database_url=SecretStr(database_url), cursor_key=SecretStr("k" * 16))

    async def done() -> bool:
        free = "select 1 from queue_entries where lease_id is null and not parked"
        return len(await fetch(database_url, free)) == 2

    async with (
        opened(database_url) as database,
        served(duty(settings, database), database_url),
    ):
        await eventually(done, what="the entries are free")

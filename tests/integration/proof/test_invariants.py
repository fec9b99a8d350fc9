"""`mizan invariants` on a real broker and database: silent when all is well, else it names."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiokafka import TopicPartition

from services.review.database.engine import Database
from services.review.invariants.logs import SCORING_GROUP, Topics
from services.review.invariants.service import check_all
from services.review.jobs.audit_sequencer import NAME, AuditSequencer
from services.review.jobs.positions import Position, save_positions
from services.review.jobs.sink import Sink
from shared.contracts.codec import encode
from shared.contracts.scored_report import ScoredReport
from shared.contracts.topics import REPORTS, SCORED_REPORTS
from shared.kafka.consumer import partitions_of, start_assigned_consumer
from shared.kafka.dead_letters import RawRecord
from tests.builders.scored_reports import NOON, scored_report
from tests.integration.review_stream.parts import execute, new_term, opened, send
from tests.integration.review_stream.test_intake import SEED

REPORTED = [scored_report(n, subject=f"x:post:{n}") for n in range(3)]
CONFLICT = scored_report(3).model_copy(
    update={"report": REPORTED[0].report.model_copy(update={"body_hash": "second body"})}
)


@dataclass
class System:
    """Four records on `reports` (one a second body under the first id), scored and applied."""

    database: Database
    url: str
    broker: str

    async def broken(self) -> dict[str, list[str]]:
        findings = await check_all(self.database, Topics(self.broker))
        return {finding.name: list(finding.broken) for finding in findings if finding.broken}

    async def send_scored(self, *scored: ScoredReport) -> None:
        await send(self.broker, SCORED_REPORTS, [encode(one) for one in scored])


@pytest.fixture
async def system(fresh_topics: str, database_url: str) -> AsyncIterator[System]:
    await execute(database_url, SEED)
    scored = [*REPORTED, CONFLICT]
    await send(fresh_topics, REPORTS, [encode(one.report) for one in scored])
    await commit_scoring(fresh_topics, len(scored))
    async with opened(database_url) as database:
        system = System(database, database_url, fresh_topics)
        await system.send_scored(*scored)
        await apply(database, scored)
        await AuditSequencer(database).step(await new_term(database_url, NAME))
        yield system


async def commit_scoring(broker: str, offset: int) -> None:
    consumer = await start_assigned_consumer(
        broker, partitions_of(REPORTS), client_id="test", group=SCORING_GROUP
    )
    await consumer.commit({TopicPartition(REPORTS.name, 0): offset})
    await consumer.stop()


async def apply(database: Database, scored: list[ScoredReport]) -> None:
    records = [
        RawRecord(SCORED_REPORTS.name, 0, n, 0, b"", encode(one)) for n, one in enumerate(scored)
    ]
    async with database.as_worker() as session:
        await Sink().take(session, records)
        position = Position(0, "topic", len(records), NOON)
        await save_positions(session, "sink", SCORED_REPORTS.name, [position])


async def test_a_system_that_keeps_its_promises_has_no_finding(system: System) -> None:
    assert await system.broken() == {}


async def test_what_is_under_way_is_no_finding(system: System) -> None:
    later = scored_report(7, subject="x:post:7")
    await send(system.broker, REPORTS, [encode(later.report)])
    await system.send_scored(later)
    assert await system.broken() == {}


async def test_a_report_that_the_scorer_passed_over_is_named(system: System) -> None:
    lost = scored_report(8).report
    await send(system.broker, REPORTS, [encode(lost), b"not a report"])
    await commit_scoring(system.broker, 6)
    broken = await system.broken()
    assert list(broken) == ["reports are scored"]
    assert [lost.report_id in broken["reports are scored"][0]] == [True]
    assert "reports/0:5" in broken["reports are scored"][1]


async def test_a_score_that_the_sink_passed_over_is_named(system: System) -> None:
    lost = scored_report(9)
    await system.send_scored(lost)
    await execute(system.url, "update consumer_positions set next_offset = next_offset + 1")
    broken = await system.broken()
    assert list(broken) == ["scored reports are applied once"]
    assert lost.report.report_id in broken["scored reports are applied once"][0]


UNLOCKED = "alter table audit_entries disable trigger only_grows; "
CASE = "(select min(case_id) from cases)"
DECISION = (
    "insert into reviewers (reviewer_id, email, name, password_hash, roles)"
    " values ('rev', 'a@b', '', '', '{reviewer}');"
    "insert into decisions (decision_id, group_id, platform_id, environment, case_id, cluster_id,"
    " subject_id, reviewer_id, lease_id, request_hash, state, finding, actions, policies,"
    " content_digest, decided_at, undo_until) select 'dec' || n, 'g', 'x', 'live', case_id,"
    " cluster_id, subject_id, 'rev', 'lease' || n, '', 'final', 'violation', '[]', '[]', '',"
    f" now(), now() from generate_series(1, 2) n, cases where case_id = {CASE}"
)

OWNERLESS = (
    "alter table queue_entries drop constraint queue_entries_check;"
    "update queue_entries set lease_id = entry_id, lease_token_sha256 = '',"
    " lease_expires_at = now()"
)
FEED_GAP = (
    "insert into events (event_id, feed_position, platform_id, environment, type, body)"
    " values ('evt', 2, 'x', 'live', 'appeal.refused', '')"
)
ENTRY_LOST = UNLOCKED + "delete from audit_entries where sequence = 3"
ENTRY_CHANGED = (
    UNLOCKED + "update audit_entries set entry = replace(entry, 'queued', 'closed')"
    " where sequence = 1"
)
MOVED_IN_SILENCE = f"update cases set state = 'closed' where case_id = {CASE}"


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (
            "update reports set source_offset = 900 where source_offset = 1",
            {"reports come from the log"},
        ),
        ("delete from report_conflicts", {"scored reports are applied once"}),
        (
            ENTRY_LOST,
            {"changes are in the audit trail", "the audit trail is whole"},
        ),
        (
            ENTRY_CHANGED,
            {"changes are in the audit trail", "the audit trail is whole"},
        ),
        ("update audit_checkpoint set size = size + 1", {"the audit trail is whole"}),
        (
            MOVED_IN_SILENCE,
            {"cases are what their history says"},
        ),
        (
            "delete from queue_entries where entry_id = (select min(entry_id) from queue_entries)",
            {"open cases are in the queue"},
        ),
        (DECISION, {"no case is decided twice"}),
        (
            OWNERLESS,
            {"every lease has an owner"},
        ),
        ("update subjects set version = 1", {"effective is the sum of events"}),
        (
            "update audit_private set private = replace(private, '{', '{ ')",
            {"private parts are what was committed"},
        ),
        (
            FEED_GAP,
            {"the feed has no gaps"},
        ),
    ],
)
async def test_damage_is_named(system: System, damage: str, named: set[str]) -> None:
    await execute(system.url, damage)
    assert set(await system.broken()) == named


@pytest.mark.parametrize(("damage", "status"), [(None, 0), ("delete from queue_entries", 1)])
async def test_the_command_tells_programs_and_ends_with_its_status(
    system: System, damage: str | None, status: int
) -> None:
    if damage is not None:
        await execute(system.url, damage)
    done = subprocess.run(  # noqa: ASYNC221 — nothing else runs in this loop meanwhile
        [sys.executable, "-m", "services.command_line", "invariants", "--json"],
        env={**os.environ, "MIZAN_KAFKA": system.broker, "MIZAN_DATABASE_URL": system.url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    told = json.loads(done.stdout)
    assert told["broken"] == (3 if damage else 0)
    assert {check["name"] for check in told["checks"] if check["broken"]} == (
        {"open cases are in the queue"} if damage else set()
    )

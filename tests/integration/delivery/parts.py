"""A platform with a case, and decisions on it written as the decision slice writes them."""

import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import orjson
from sqlalchemy import text

from services.review.database.engine import Database
from services.review.database.session import Session
from services.review.decisions.event_facts import load_case_facts, load_decision_facts
from services.review.decisions.events import draft_rows
from services.review.decisions.outbox import add_drafts
from shared.contracts.identifiers import CaseId, DecisionId

_numbers = itertools.count(1)

WORLD = """
insert into platforms (platform_id, name) values ('x', 'X'), ('tg', 'Telegram');
insert into queues (queue_id, title, kind, minutes_per_case, position) values
  ('other', 'Other', 'cases', 1, 1), ('appeals', 'Appeals', 'appeals', 3, 2);
insert into policies (policy_id, revision, title, text, severity, queue_id, actions, standing_days,
  reopen_reporters, appeal_days) values ('spam', 1, 'Spam', '...', 2, 'other', '{}', 30, 10, 180);
insert into reviewers (reviewer_id, email, name, password_hash, roles) values
  ('rev_a', 'a@example.org', 'A', '', '{reviewer}'), ('rev_b', 'b@example.org', 'B', '', '{senior}')
"""
CASE = """
insert into subjects (environment, subject_id, platform_id, kind, identity, url, platform_ref,
  first_seen_at) values ($2, $4, $3, 'content', 'stable', 'https://x.com/a/status/1', null, now());
insert into clusters (cluster_id, platform_id, environment) values ('clu_' || $1, $3, $2);
insert into cases (case_id, platform_id, environment, cluster_id, subject_id, kind, identity, state,
  policy_id, policy_revision, queue_id, urgency, language, content_digest, scores, violation,
  report_count, reporter_count, reporter_weight, priority, opened_at, author, author_account)
  values ($1, $3, $2, 'clu_' || $1, $4, 'content', 'stable', 'queued', 'spam', 1, 'other', 'normal',
  'en', 'digest', '{}', 0.5, 1, 1, 0.5, '{}', now(), '{"id": "7"}', $3 || ':user:7');
insert into reports (report_id, platform_id, environment, external_id, subject_id, case_id,
  policy_id, body, body_hash, reporter_key, reporter_kind, reported_at, accepted_at,
  source_partition, source_offset) values ('rep_' || $1, $3, $2, 'ext-' || $1, $4, $1, 'spam',
  '{"reason": {"platform_code": "S-1"}}', 'hash', 'key', 'user', now(), now(), 0, 0)
"""


@dataclass(frozen=True)
class World:
    """A migrated database with two platforms, two reviewers and one policy."""

    url: str
    database: Database

    async def case(self, platform: str = "x", environment: str = "live") -> CaseId:
        """An open case with one report on a subject of its own."""
        name = f"case_{next(_numbers)}"
        values = (name, environment, platform, f"{platform}:post:{name}")
        script = CASE
        for number, value in enumerate(values, 1):
            script = script.replace(f"${number}", f"'{value}'")
        await self.run(script)
        return CaseId(name)

    async def decide(
        self,
        case: CaseId,
        *actions: str,
        undo_seconds: float = -1,
        reverses: str | None = None,
        reviewer: str = "rev_a",
    ) -> DecisionId:
        """A decision with its drafts in one transaction; each action is on the case's subject, or
        on another where it says so, for ever or until a time: "suspend x:user:7 2027-01-01T00:00Z".
        """
        async with self.database.as_worker() as session:
            return await self.decide_in(
                session,
                case,
                *actions,
                undo_seconds=undo_seconds,
                reverses=reverses,
                reviewer=reviewer,
            )

    async def decide_in(
        self,
        session: Session,
        case: CaseId,
        *actions: str,
        undo_seconds: float = -1,
        reverses: str | None = None,
        reviewer: str = "rev_a",
    ) -> DecisionId:
        """As `decide`, in a transaction of the test's."""
        decision = DecisionId(f"dec_{next(_numbers)}")
        now = datetime.now(UTC)
        row = (await session.execute(_CASE, {"case": case})).one()
        ordered = [(*action.split(" "), None, None)[:3] for action in actions]
        await session.execute(
            _DECIDE,
            {
                "id": decision,
                "case": case,
                "cluster": row.cluster_id,
                "platform": row.platform_id,
                "environment": row.environment,
                "subject": row.subject_id,
                "reviewer": reviewer,
                "finding": "violation" if actions else "no_violation",
                "actions": orjson.dumps(
                    [
                        {"action": name, "subject_id": on or row.subject_id, "until": until}
                        for name, on, until in ordered
                    ]
                ).decode(),
                "now": now,
                "undo_until": now + timedelta(seconds=undo_seconds),
                "appeal_until": now + timedelta(days=180),
                "reverses": reverses,
            },
        )
        cases = await load_case_facts(session, [case])
        facts = await load_decision_facts(session, [decision])
        await add_drafts(session, draft_rows(cases[case], facts[decision]))
        return decision

    async def run(self, script: str, *arguments: object) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(script, *arguments)
        finally:
            await connection.close()

    async def rows(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.url)
        try:
            found: list[asyncpg.Record] = await connection.fetch(query, *arguments)
            return found
        finally:
            await connection.close()

    async def value(self, query: str, *arguments: object) -> object:
        return (await self.rows(query, *arguments))[0][0]


@contextlib.asynccontextmanager
async def a_world(url: str) -> AsyncIterator[World]:
    database = Database(url, pool_size=8, application="test")
    world = World(url, database)
    await world.run(WORLD)
    try:
        yield world
    finally:
        await database.close()


_CASE = text(
    "select cluster_id, platform_id, environment, subject_id from cases where case_id = :case"
)
_DECIDE = text(
    "insert into decisions (decision_id, group_id, platform_id, environment, case_id, cluster_id,"
    " subject_id, reviewer_id, lease_id, request_hash, state, finding, actions, policies, ground,"
    " content_digest, decided_at, undo_until, appeal_until, reverses) values (:id, 'grp_' || :id,"
    " :platform, :environment, :case, :cluster, :subject, :reviewer, 'lease_' || :id, '', 'final',"
    ' :finding, cast(:actions as jsonb), cast(\'[{"policy_id": "spam", "version": 1,'
    " \"title\": \"Spam\"}]' as jsonb), 'terms', 'digest', :now, :undo_until, :appeal_until,"
    " :reverses)"
)

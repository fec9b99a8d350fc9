"""Rows of a small review database: queues, policies, people, waiting cases."""

from datetime import UTC, datetime, timedelta

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.review.policies.defaults import default_policies, default_queues
from services.review.reviewers.models import Reviewer
from services.review.reviewers.passwords import hashed

PASSWORD = "a long enough password"
URDU = "کل جو لوگ چوک پر جمع ہوں گے وہ زندہ واپس نہیں جائیں گے۔"


async def fill(session: AsyncSession, *, cases: int) -> None:
    """Two reviewers, `amina@` and `bilal@example.org`, and cases in the queue `threats`: the first
    in Urdu, each later one less urgent.
    """
    await session.execute(text("insert into platforms (platform_id, name) values ('x', 'X')"))
    session.add_all(default_queues())
    await session.flush()
    for policy in default_policies():
        policy.created_at = datetime.now(UTC)
        session.add(policy)
    for name in ("amina", "bilal"):
        session.add(
            Reviewer(
                reviewer_id=f"rev_{name}",
                email=f"{name}@example.org",
                name=name.title(),
                password_hash=hashed(PASSWORD),
                roles=["reviewer"],
                platforms=["*"],
                queues=["*"],
                languages=["*"],
            )
        )
    await session.flush()
    for number in range(cases):
        await _case(session, number)


async def _case(session: AsyncSession, number: int) -> None:
    values = {
        "case": f"cas_{number}",
        "cluster": f"clu_{number}",
        "subject": f"x:post:{number}",
        "report": f"rep_{number}",
        "number": number,
        "key": float(-number),
        "at": datetime.now(UTC) - timedelta(minutes=number + 1),
        "content": _json({"kind": "post", "text": URDU, "media": [{"kind": "image"}]}),
        "author": _json({"handle": "north_gate_7", "account_id": "x:user:44", "bio": "a\u202eb"}),
        "scores": _json(
            {
                "violation": 0.9,
                "labels": {"threat": 0.9},
                "language": "ur",
                "script": "Arab",
                "spans": [{"start": 3, "end": 9, "label": "threat", "score": 0.9}],
                "model": {"name": "linear", "version": "1"},
            }
        ),
        "priority": _json({"score": 1.0, "key": -number, "lane": 2, "formula": 1, "factors": []}),
        "body": _json({"reason": {"text": "Please look."}, "reporter": {"kind": "user"}}),
    }
    for statement in ROWS.split(";"):
        await session.execute(text(statement), values)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


ROWS = """
insert into clusters (cluster_id, platform_id, environment) values (:cluster, 'x', 'live');
insert into subjects (environment, subject_id, platform_id, kind, identity, first_seen_at)
values ('live', :subject, 'x', 'content', 'stable', :at);
insert into cases (case_id, platform_id, environment, cluster_id, subject_id, kind, identity, state,
  policy_id, policy_revision, queue_id, urgency, language, content, content_digest, author,
  author_account, scores, violation, report_count, reporter_count, reporter_weight, priority,
  opened_at)
values (:case, 'x', 'live', :cluster, :subject, 'content', 'stable', 'queued', 'threat', 1,
  'threats', 'normal', 'ur', cast(:content as jsonb), 'digest', cast(:author as jsonb),
  'x:user:44', cast(:scores as jsonb), 0.9, 1, 1, 0.5, cast(:priority as jsonb), :at);
insert into case_events (case_id, version, platform_id, environment, event, to_state, actor)
values (:case, 1, 'x', 'live', 'opened', 'queued', 'system:sink');
insert into reports (report_id, platform_id, environment, external_id, subject_id, case_id,
  policy_id, body, body_hash, reporter_key, reporter_kind, reported_at, accepted_at,
  source_partition, source_offset)
values (:report, 'x', 'live', :report, :subject, :case, 'threat', cast(:body as jsonb), 'h', 'k',
  'user', :at, :at, 0, :number);
insert into queue_entries (entry_id, kind, platform_id, environment, queue_id, language, clearance,
  lane, key, formula, enqueued_at)
values (:cluster, 'case', 'x', 'live', 'threats', 'ur', 1, 2, :key, 1, :at);
insert into queue_lanes (queue_id, language, clearance, platform_id)
values ('threats', 'ur', 1, 'x') on conflict do nothing
"""

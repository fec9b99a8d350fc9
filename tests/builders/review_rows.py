"""Rows of a small review database: queues, policies, people, waiting cases, an appeal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

import orjson
from pydantic import JsonValue
from sqlalchemy import text

from services.review.database.session import Session
from services.review.policies.defaults import default_policies, default_queues
from services.review.policies.repository import insert_policies, insert_queues
from services.review.reviewers.models import Reviewer
from services.review.reviewers.passwords import hashed
from services.review.reviewers.repository import insert_reviewer

PASSWORD = "a long enough password"
URDU = "کل جو لوگ چوک پر جمع ہوں گے وہ زندہ واپس نہیں جائیں گے۔"
PEOPLE = {"amina": "reviewer", "bilal": "reviewer", "cora": "senior", "dina": "senior"}
AUTHOR: Mapping[str, JsonValue] = {
    "handle": "north_gate_7",
    "account_id": "x:user:44",
    "bio": "a\u202eb",
}

PICTURE: Mapping[str, JsonValue] = {"kind": "image"}


@dataclass(frozen=True)
class Waiting:
    """A case that waits. The lower its number the more urgent; `cluster` joins it with others."""

    number: int
    queue: str = "threats"
    policy: str = "threat"
    text: str = URDU
    language: str = "ur"
    cluster: int | None = None
    clearance: int = 1
    age: timedelta = timedelta(minutes=1)
    media: Sequence[Mapping[str, JsonValue]] = (PICTURE,)
    content: Mapping[str, JsonValue] = field(default_factory=dict)
    context: Mapping[str, JsonValue] | None = None
    author: Mapping[str, JsonValue] = field(default_factory=lambda: AUTHOR)
    reports: Sequence[str] = ("Please look.",)
    factors: Sequence[Mapping[str, JsonValue]] = ()


@cache
def known_hash() -> str:
    """Of PASSWORD, made once: it takes as long as a hash of a password must."""
    return hashed(PASSWORD)


async def settle(session: Session) -> None:
    """Platform, queues, policies and people; no cases."""
    await session.execute(text("insert into platforms (platform_id, name) values ('x', 'X')"))
    await insert_queues(session, default_queues())
    await insert_policies(session, default_policies())
    secret = known_hash()
    for name, role in PEOPLE.items():
        await insert_reviewer(
            session,
            Reviewer(
                reviewer_id=f"rev_{name}",
                email=f"{name}@example.org",
                name=name.title(),
                password_hash=secret,
                roles=[role],
                platforms=["*"],
                queues=["*"],
                languages=["*"],
            ),
        )


async def put(session: Session, waiting: Waiting) -> None:
    """The case with its reports, and its place in the queue unless it joins a cluster."""
    number, at = waiting.number, datetime.now(UTC) - waiting.age
    values = {
        "case": f"cas_{number}",
        "cluster": f"clu_{number if waiting.cluster is None else waiting.cluster}",
        "subject": f"x:post:{number}",
        "queue": waiting.queue,
        "policy": waiting.policy,
        "language": waiting.language,
        "clearance": waiting.clearance,
        "key": float(-number),
        "at": at,
        "content": _json(
            {"kind": "post", "text": waiting.text, "media": waiting.media, **waiting.content}
        ),
        "context": _json(waiting.context),
        "author": _json(waiting.author),
        "account": waiting.author["account_id"],
        "scores": _json(_scores(waiting.language)),
        "priority": _json(
            {"score": 1.0, "key": -number, "lane": 2, "formula": 1, "factors": waiting.factors}
        ),
        "count": len(waiting.reports),
    }
    for statement in CASE.split(";"):
        await session.execute(text(statement), values)
    for place, said in enumerate(waiting.reports):
        body = _json({"reason": {"text": said}, "reporter": {"kind": "user", "language": "en"}})
        of_report = {
            "report": f"rep_{number}_{place}",
            "body": body,
            "offset": number * 100 + place,
        }
        await session.execute(text(REPORT), values | of_report)
    if waiting.cluster in (None, number):
        for statement in ENTRY.split(";"):
            await session.execute(text(statement), values)


async def appeal(session: Session, decision_id: str, said: str) -> None:
    """The owner's appeal `app_1` against a decision, in the queue of appeals."""
    values = {"decision": decision_id, "text": said}
    for statement in APPEAL.split(";"):
        await session.execute(text(statement), values)


def _scores(language: str) -> dict[str, JsonValue]:
    return {
        "violation": 0.9,
        "labels": {"threat": 0.9, "abuse": 0.45},
        "language": language,
        "script": "Arab",
        "spans": [{"start": 3, "end": 9, "label": "threat", "score": 0.9}],
        "model": {"name": "linear", "version": "1"},
    }


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


CASE = """
insert into clusters (cluster_id, platform_id, environment) values (:cluster, 'x', 'live')
on conflict (cluster_id) do update set version = clusters.version + 1;
insert into subjects (environment, subject_id, platform_id, kind, identity, first_seen_at)
values ('live', :subject, 'x', 'content', 'stable', :at);
insert into cases (case_id, platform_id, environment, cluster_id, subject_id, kind, identity, state,
  policy_id, policy_revision, queue_id, urgency, language, clearance, content, content_digest,
  context, author, author_account, scores, violation, report_count, reporter_count,
  reporter_weight, priority, opened_at)
values (:case, 'x', 'live', :cluster, :subject, 'content', 'stable', 'queued', :policy, 1,
  :queue, 'normal', :language, :clearance, cast(:content as jsonb), 'digest',
  nullif(cast(:context as jsonb), 'null'), cast(:author as jsonb), :account,
  cast(:scores as jsonb), 0.9, :count, :count, 0.5, cast(:priority as jsonb), :at);
insert into case_events (case_id, version, platform_id, environment, event, to_state, actor)
values (:case, 1, 'x', 'live', 'opened', 'queued', 'system:sink')
"""
REPORT = """
insert into reports (report_id, platform_id, environment, external_id, subject_id, case_id,
  policy_id, body, body_hash, reporter_key, reporter_kind, reported_at, accepted_at,
  source_partition, source_offset)
values (:report, 'x', 'live', :report, :subject, :case, :policy, cast(:body as jsonb), 'h', 'k',
  'user', :at, :at, 0, :offset)
"""
ENTRY = """
insert into queue_entries (entry_id, kind, platform_id, environment, queue_id, language, clearance,
  lane, key, formula, enqueued_at)
values (:cluster, 'case', 'x', 'live', :queue, :language, :clearance, 2, :key, 1, :at);
insert into queue_lanes (queue_id, language, clearance, platform_id)
values (:queue, :language, :clearance, 'x') on conflict do nothing
"""
APPEAL = """
insert into appeals (appeal_id, platform_id, environment, external_id, decision_id, case_id,
  subject_id, appellant_kind, language, text, submitted_at, accepted_at, state,
  original_reviewer_id)
select 'app_1', platform_id, environment, 'ext', decision_id, case_id, subject_id, 'owner', 'en',
  :text, now(), now(), 'open', reviewer_id from decisions where decision_id = :decision;
insert into queue_entries (entry_id, kind, platform_id, environment, queue_id, language, clearance,
  lane, key, formula, enqueued_at, excluded_reviewers)
select appeal_id, 'appeal', 'x', 'live', 'appeals', 'en', 1, 2, 0, 1, now(),
  array[original_reviewer_id] from appeals where decision_id = :decision;
insert into queue_lanes (queue_id, language, clearance, platform_id)
values ('appeals', 'en', 1, 'x') on conflict do nothing
"""

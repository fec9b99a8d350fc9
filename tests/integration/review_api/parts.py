"""A review database with cases in the queue, and reviewers logged in to a real application."""

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import asyncpg
import httpx
from fastapi import FastAPI
from pydantic import JsonValue, SecretStr

from services.review.database.engine import Database
from services.review.policies.defaults import default_policies, default_queues
from services.review.policies.repository import insert_policies, insert_queues
from services.review.reviewers import repository
from services.review.reviewers import service as reviewers
from services.review.reviewers.rules import Role
from services.review.settings import Settings
from shared.clock import new_id
from tests.builders.applications import application
from tests.waiting import eventually

Json = dict[str, JsonValue]


@dataclass
class Desk:
    """The application over one database."""

    app: FastAPI
    database: Database
    url: str
    connection: asyncpg.Connection
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def client(self, token: str | None = None, *, address: str = "127.0.0.1") -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(
                self.app, raise_app_exceptions=False, client=(address, 123)
            ),
            base_url="http://desk",
            headers=headers,
        )
        self.clients.append(client)
        return client

    async def reviewer(
        self,
        name: str,
        *roles: Role,
        languages: tuple[str, ...] = ("*",),
        platforms: tuple[str, ...] = ("*",),
        queues: tuple[str, ...] = ("*",),
    ) -> "Person":
        """A new reviewer with a session."""
        email = f"{name.lower()}@example.org"
        row = reviewers.new_reviewer(
            new_id, email=email, name=name, roles=list(roles or (Role.REVIEWER,))
        )
        row.languages, row.platforms, row.queues = list(languages), list(platforms), list(queues)
        token = f"token-{row.reviewer_id}"
        async with self.database.as_worker() as session:
            # without a password: its hash takes a tenth of a second
            await repository.insert_reviewer(session, row)
            await repository.insert_session(
                session,
                token_sha256=hashlib.sha256(token.encode()).hexdigest(),
                reviewer_id=row.reviewer_id,
                csrf_token="csrf",
                hours=1,
            )
        return Person(row.reviewer_id, name, token, self.client(token))

    async def execute(self, statement: str, *values: object) -> None:
        """As the owner of the database: no role, no row security."""
        await self.connection.execute(statement, *values)

    async def fetch(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """As `execute`."""
        return [tuple(row) for row in await self.connection.fetch(query, *values)]


@dataclass(frozen=True)
class Person:
    reviewer_id: str
    name: str
    token: str
    client: httpx.AsyncClient

    async def post(
        self, path: str, body: Mapping[str, object] | None = None, *, lease: str | None = None
    ) -> httpx.Response:
        headers = {"Lease-Token": lease} if lease else {}
        return await self.client.post(path, json=body or {}, headers=headers)

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def claim(self, queue: str = "other", size: int = 1) -> list[Json]:
        """Claims; while all connections are busy the answer is 503, and asking again helps."""

        async def once() -> httpx.Response | None:
            answer = await self.post(f"/api/v1/queues/{queue}/claims", {"size": size})
            return None if answer.status_code == 503 else answer

        answer = await eventually(once)
        assert answer is not None
        assert answer.status_code == 200, answer.text
        claims: list[Json] = answer.json()["claims"]
        return claims

    async def claim_one(self, queue: str = "other") -> "Held":
        (claim,) = await self.claim(queue)
        return held(claim)

    async def decide(self, claim: "Held", **changes: object) -> httpx.Response:
        return await self.post(
            f"/api/v1/cases/{claim.case_id}/decisions", decision(claim, **changes)
        )


@dataclass(frozen=True)
class Held:
    """A claim, unpacked."""

    case_id: str
    lease_id: str
    token: str
    case: Json
    appeal: Json | None = None

    @property
    def seen(self) -> Json:
        cluster = self.case["cluster"]
        return {
            "case_version": self.case["case_version"],
            "content_digest": self.case["content_digest"],
            "cluster_version": cluster["cluster_version"] if isinstance(cluster, dict) else None,
        }


def held(claim: Json) -> Held:
    lease, case, appeal = claim["lease"], claim["case"], claim["appeal"]
    assert isinstance(lease, dict)
    assert isinstance(case, dict)
    assert appeal is None or isinstance(appeal, dict)
    return Held(
        case_id=str(claim["case_id"]),
        lease_id=str(lease["lease_id"]),
        token=str(lease["token"]),
        case=case,
        appeal=appeal,
    )


def decision(claim: Held, **changes: object) -> dict[str, object]:
    """Removes the post, unless changed. Changes to None leave a field out."""
    body: dict[str, object] = {
        "lease_token": claim.token,
        "finding": "violation",
        "actions": [{"action": "remove"}],
        "policy_ids": ["other"],
        "ground": "terms",
        "reason": "not allowed here",
        "seen": claim.seen,
    }
    body |= changes
    return {name: value for name, value in body.items() if value is not None}


@contextlib.asynccontextmanager
async def opened(
    url: str, *, furnished: bool = False, draw: float = 0.0, **settings: object
) -> AsyncIterator[Desk]:
    """Policies, queues and platforms are there; cases are added by `add_cases`. A database is
    `furnished` that is the copy of one that was opened before; `draw` is what chance gives.
    """
    database = Database(url, pool_size=12, application="test")
    chosen = Settings.model_validate(
        {"database_url": SecretStr(url), "cursor_key": SecretStr("k" * 16), **settings}
    )
    connection = await asyncpg.connect(url)
    app = application(chosen, database, draw=draw)
    desk = Desk(app, database, url, connection)
    try:
        if not furnished:
            await furnish(desk)
        yield desk
    finally:
        await asyncio.gather(*(client.aclose() for client in desk.clients))
        await connection.close()
        await database.close()


async def furnish(desk: Desk) -> None:
    async with desk.database.as_worker() as session:
        await insert_queues(session, default_queues())
        await insert_policies(session, default_policies())
    await desk.execute("insert into platforms (platform_id, name) values ('x', 'X'), ('yt', 'YT')")


async def add_cases(
    desk: Desk,
    *names: str,
    cluster: str | None = None,
    platform: str = "x",
    language: str = "en",
    queue: str = "other",
    kind: str = "content",
    identity: str = "stable",
    author_account: str | None = "x:user:1",
    key: float = 0.0,
    enqueue: bool = True,
) -> None:
    """Open cases, each in a cluster of its own unless one is given; earlier names go first."""
    for number, name in enumerate(names):
        place = key - number
        group = cluster or f"clu-{name}"
        await desk.execute(
            "insert into clusters (cluster_id, platform_id, environment) values ($1, $2, 'live')"
            " on conflict do nothing",
            group,
            platform,
        )
        await desk.execute(
            INSERT_CASE,
            name,
            platform,
            group,
            kind,
            identity,
            queue,
            language,
            json.dumps({"kind": "post", "text": f"text of {name}"}),
            author_account,
            json.dumps({"score": 1.0, "key": place, "lane": 2, "formula": 1, "factors": []}),
            datetime(2026, 11, 20, tzinfo=UTC),
        )
        if enqueue:
            await desk.execute(INSERT_LANE, queue, language, platform)
            await desk.execute(INSERT_ENTRY, group, platform, queue, language, place)


INSERT_CASE = """
with subject as (
  insert into subjects (environment, subject_id, platform_id, kind, identity, first_seen_at)
  values ('live', 'x:post:' || $1::text, $2, $4, $5, $11) on conflict do nothing)
, made as (
  insert into cases (case_id, platform_id, environment, cluster_id, subject_id, kind, identity,
    state, policy_id, policy_revision, queue_id, urgency, language, content, content_digest, scores,
    author_account, violation, report_count, reporter_count, reporter_weight, priority, opened_at)
  values ($1, $2, 'live', $3, 'x:post:' || $1, $4, $5, 'queued', 'other', 1, $6, 'normal', $7, $8,
    'digest-' || $1, '{"violation": 0.5, "labels": {}, "language": "en", "script": "Latn",
      "spans": [], "model": {"name": "test", "version": "1"}}', $9, 0.5, 1, 1, 0.5, $10, $11)
  returning 1)
insert into case_events (case_id, version, platform_id, environment, event, to_state, actor)
values ($1, 1, $2, 'live', 'opened', 'queued', 'system:test')
"""
INSERT_LANE = (
    "insert into queue_lanes (queue_id, language, clearance, platform_id) values ($1, $2, 1, $3)"
    " on conflict do nothing"
)
INSERT_ENTRY = """
insert into queue_entries (entry_id, kind, platform_id, environment, queue_id, language, clearance,
  lane, key, formula, enqueued_at)
values ($1, 'case', $2, 'live', $3, $4, 1, 2, $5, 1, now()) on conflict do nothing
"""

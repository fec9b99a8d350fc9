"""Databases with a backlog of a given size: two million open cases in a minute or two."""

import contextlib
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from deploy.local.postgres import Server
from services.review.database.engine import Database
from services.review.database.migrate import upgrade
from services.review.policies.defaults import default_policies, default_queues
from services.review.policies.repository import insert_policies, insert_queues
from services.review.reviewers.models import Viewer
from services.review.reviewers.rules import Role
from shared.contracts.identifiers import PlatformId
from tests.ports import free_port
from tests.real_parts import TEMPLATE, database_command, running
from tests.waiting import eventually_true

QUEUE = "other"
LANGUAGES = ("en", "ur", "ar", "hi", "es", "tl", "sw")
AT_ONCE = 100_000


@dataclass(frozen=True)
class Store:
    """A database in which `entries` cases waited when it was made."""

    database: Database
    url: str
    entries: int

    async def settle(self) -> None:
        """Statistics and visibility as autovacuum keeps them, and no checkpoint right ahead."""
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute("vacuum analyze")
            await connection.execute("checkpoint")
        finally:
            await connection.close()


@contextlib.contextmanager
def bench_server(folder: Path) -> Iterator[Server]:
    """Durable, as the product runs it: a commit is on the disk."""
    server = Server(
        folder=folder / "postgres",
        port=free_port(),
        password=secrets.token_hex(8),
        log=folder / "postgres.log",
    )
    server.prepare()
    for _ in running(server.launch(), server.port):
        eventually_true(lambda: database_command(server, "pg_isready", "-q"))
        assert database_command(server, "createdb", TEMPLATE)
        upgrade(server.url(TEMPLATE))
        yield server


@contextlib.asynccontextmanager
async def store(server: Server, entries: int, *, connections: int) -> AsyncIterator[Store]:
    name = f"bench_{entries}"
    assert database_command(server, "createdb", "-T", TEMPLATE, name)
    url = server.url(name)
    database = Database(url, pool_size=connections, application="bench")
    try:
        async with database.as_worker() as session:
            await insert_queues(session, default_queues())
            await insert_policies(session, default_policies())
        await _fill(url, entries)
        made = Store(database, url, entries)
        await made.settle()
        yield made
    finally:
        await database.close()


async def _fill(url: str, entries: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("set synchronous_commit = off")
        await connection.execute("insert into platforms (platform_id, name) values ('x', 'X')")
        for statement in _LANES_AND_PEOPLE:
            await connection.execute(statement, list(LANGUAGES), QUEUE)
        for first in range(0, entries, AT_ONCE):
            last = min(first + AT_ONCE, entries) - 1
            async with connection.transaction():
                for statement in _CASES:
                    await connection.execute(statement, first, last)
                await connection.execute(_ENTRIES, first, last, QUEUE, list(LANGUAGES))
    finally:
        await connection.close()


def reviewer(number: int) -> Viewer:
    """One of those that each store has."""
    return Viewer(
        reviewer_id=f"rev-{number}",
        email=f"rev-{number}@example.org",
        name=f"Reviewer {number}",
        roles=(Role.REVIEWER,),
        platforms=(PlatformId("x"),),
        queues=("*",),
        languages=("*",),
        clearance=1,
        locale="en",
        csrf_token="",
        session_sha256="",
    )


_LANES_AND_PEOPLE = (
    (
        "insert into queue_lanes (queue_id, language, clearance, platform_id)"
        " select $2, language, 1, 'x' from unnest($1::text[]) language"
    ),
    (
        "insert into reviewers (reviewer_id, email, name, password_hash, roles, platforms, queues,"
        " languages, clearance, locale, active) select 'rev-' || n, 'rev-' || n || '@example.org',"
        " 'Reviewer ' || n, '', '{reviewer}', '{*}', '{*}', $1::text[] || $2::text, 1, 'en', true"
        " from generate_series(0, 63) n"
    ),
)
_CASES = (
    (
        "insert into clusters (cluster_id, platform_id, environment)"
        " select 'clu-' || n, 'x', 'live' from generate_series($1::int, $2::int) n"
    ),
    (
        "insert into subjects (environment, subject_id, platform_id, kind, identity, first_seen_at)"
        " select 'live', 'x:post:' || n, 'x', 'content', 'stable', now()"
        " from generate_series($1::int, $2::int) n"
    ),
    """
insert into cases (case_id, platform_id, environment, cluster_id, subject_id, kind, identity,
  state, policy_id, policy_revision, queue_id, urgency, language, content, content_digest, scores,
  author_account, violation, report_count, reporter_count, reporter_weight, priority, opened_at)
select 'case-' || n, 'x', 'live', 'clu-' || n, 'x:post:' || n, 'content', 'stable', 'queued',
  'other', 1, 'other', 'normal', 'en',
  jsonb_build_object('kind', 'post', 'text', repeat('what was said in post ' || n || ' ', 8)),
  'digest-' || n, '{"violation": 0.5, "labels": {}, "language": "en", "script": "Latn",
  "spans": [], "model": {"name": "bench", "version": "1"}}', 'x:user:' || n / 5, 0.5, 1, 1, 0.5,
  jsonb_build_object('score', 1.0, 'key', n, 'lane', 2, 'formula', 1, 'factors', '[]'::jsonb), now()
from generate_series($1::int, $2::int) n
""",
    (
        "insert into case_events (case_id, version, platform_id, environment, event, to_state,"
        " actor) select 'case-' || n, 1, 'x', 'live', 'opened', 'queued', 'system:bench'"
        " from generate_series($1::int, $2::int) n"
    ),
)
_ENTRIES = (
    "insert into queue_entries (entry_id, kind, platform_id, environment, queue_id, language,"
    " clearance, lane, key, formula, enqueued_at)"
    " select 'clu-' || n, 'case', 'x', 'live', $3, ($4::text[])[1 + n % array_length($4, 1)], 1,"
    " 2, (n::bigint * 7919) % 1000003, 1, now() - make_interval(secs => n % 100000)"
    " from generate_series($1::int, $2::int) n"
)

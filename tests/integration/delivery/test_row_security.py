"""What a tenant's role may read and write by SQL alone, whatever the code above it asks."""

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from services.review.database.engine import Database
from shared.contracts.identifiers import Environment, PlatformId
from tests.integration.delivery.parts import World
from tests.integration.delivery.test_platform_api import release

# Tables that no tenant may read at all are found in the catalogue, not listed here.
READABLE = (
    "select table_name from information_schema.table_privileges"
    " where grantee = 'mizan_tenant' and privilege_type = 'SELECT' order by 1"
)
SHARED = {"policies", "queues"}
FOREIGN_WEBHOOK = (
    "insert into webhooks (webhook_id, platform_id, environment, url, events, secret, api_version)"
    " values ('w', 'tg', 'live', 'u', '{}', 's', 'v')"
)
FOREIGN_ACT = (
    "insert into audit_outbox (audit_id, platform_id, environment, entry)"
    " values ('a', 'tg', 'live', '{}')"
)


async def _world_of_x(world: World) -> str:
    decision = await world.decide(await world.case(), "remove")
    await release(world)
    return decision


@pytest.mark.parametrize(
    ("platform", "environment"), [("tg", Environment.LIVE), ("x", Environment.TEST)]
)
async def test_no_table_shows_a_tenant_a_row_of_another(
    world: World, platform: str, environment: Environment
) -> None:
    await _world_of_x(world)
    tables = {row["table_name"] for row in await world.rows(READABLE)} - SHARED
    assert {"reports", "cases", "decisions", "events", "webhooks", "receipts"} <= tables
    async with world.database.as_tenant(PlatformId(platform), environment) as session:
        for table in sorted(tables):
            rows = await session.execute(text(f"select 1 from {table}"))
            assert rows.first() is None, table


@pytest.mark.parametrize(
    "statement",
    [
        "update decisions set finding = 'no_violation'",
        "delete from decisions",
        "select 1 from platforms",
        "select 1 from organisations",
        "select 1 from api_keys",
        "select 1 from reviewers",
        "select 1 from queue_entries",
        "select 1 from audit_entries",
        "update cases set state = 'closed'",
        FOREIGN_WEBHOOK,
        FOREIGN_ACT,
    ],
)
async def test_a_tenant_writes_and_reads_nothing_beyond_its_calls(
    world: World, statement: str
) -> None:
    await _world_of_x(world)
    with pytest.raises(ProgrammingError) as refused:
        await _as_x(world.database, statement)
    cause = refused.value.orig
    assert isinstance(cause, asyncpg.InsufficientPrivilegeError)


async def _as_x(database: Database, statement: str) -> None:
    async with database.as_tenant(PlatformId("x"), Environment.LIVE) as session:
        await session.execute(text(statement))


async def test_a_reviewer_s_role_sees_names_and_nothing_to_log_in_with(world: World) -> None:
    async with world.database.as_reviewer([PlatformId("x")]) as session:
        rows = await session.execute(text("select name from reviewers order by name"))
        assert [row.name for row in rows] == ["A", "B"]
    for columns in ("password_hash", "*", "to_jsonb(reviewers)"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with world.database.as_reviewer([PlatformId("x")]) as session:
                await session.execute(text(f"select {columns} from reviewers"))

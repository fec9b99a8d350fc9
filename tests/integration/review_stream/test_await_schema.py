"""A pod that needs the schema waits until somebody else has made it."""

import asyncio
import secrets
from collections.abc import Iterator

import pytest

from deploy.local.postgres import Server
from services.review.database.engine import Database
from services.review.database.migrate import upgrade
from services.review.database.readiness import SchemaBehind, await_schema
from services.review.database.schema import found_revision
from tests.ports import free_port
from tests.real_parts import database_command


@pytest.fixture
def empty_url(database_server: Server) -> Iterator[str]:
    """A database that nobody has migrated."""
    name = f"test_{secrets.token_hex(6)}"
    assert database_command(database_server, "createdb", name)
    yield database_server.url(name)
    database_command(database_server, "dropdb", "--force", name)


async def test_who_waits_for_the_schema_goes_on_when_it_is_there(empty_url: str) -> None:
    waiting = asyncio.create_task(await_schema(empty_url))
    with pytest.raises(SchemaBehind, match="at revision None"):
        await await_schema(empty_url, patience_seconds=0)
    assert not waiting.done()
    await asyncio.to_thread(upgrade, empty_url)
    await asyncio.wait_for(waiting, 60)


async def test_who_waits_changes_nothing(empty_url: str) -> None:
    with pytest.raises(SchemaBehind):
        await await_schema(empty_url, patience_seconds=0)
    database = Database(empty_url)
    assert await found_revision(database) is None
    await database.close()


async def test_a_database_that_is_away_is_waited_for_and_named(empty_url: str) -> None:
    nobody = empty_url.replace(empty_url.rpartition(":")[2].partition("/")[0], str(free_port()))
    with pytest.raises(SchemaBehind, match="does not answer"):
        await await_schema(nobody, patience_seconds=0)

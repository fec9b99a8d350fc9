"""Whether the database answers and has the schema that this code needs."""

import asyncio
import time

import asyncpg
from sqlalchemy.exc import DBAPIError

from services.review.database.engine import Database
from services.review.database.schema import expected_revision, found_revision
from shared.errors import Transient
from shared.observability.admin import Check
from shared.observability.logging import logger

LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 600.0

log = logger(__name__)


class SchemaBehind(Transient):
    """Nobody has migrated the database yet, or it does not answer."""


def database_check(database: Database) -> Check:
    """A readiness check. Yesterday's code is ready on today's schema: revisions only grow."""
    wanted = expected_revision()

    async def check() -> str | None:
        found = await found_revision(database)
        if found is None or found < wanted:
            return f"the schema is at revision {found}, this code needs {wanted}"
        return None

    return check


async def await_schema(url: str, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Returns when the schema is as new as this code or newer. Changes nothing: migrating is the
    work of one, waiting that of many.

    Raises SchemaBehind, saying what was last seen, when it takes longer.
    """
    database = Database(url, pool_size=1, application="mizan await-schema")
    check = database_check(database)
    until = time.monotonic() + patience_seconds
    last = ""
    try:
        while why := await _answer(check):
            if time.monotonic() >= until:
                raise SchemaBehind(why)
            if why != last:
                log.info("schema_awaited", why=why)
            last = why
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        await database.close()


async def _answer(check: Check) -> str | None:
    """None when ready. A database that is away is waited for like one that is behind."""
    try:
        return await check()
    except (DBAPIError, asyncpg.PostgresError, OSError, TimeoutError) as error:
        return f"the database does not answer ({type(error).__name__})"

"""The revision of the schema that this code needs, and the one that a database has.

Apart from the migrations: a process that only looks need not load what migrates.
"""

from pathlib import Path

from sqlalchemy import text

from services.review.database.engine import Database

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def expected_revision() -> str:
    """The revision that this code needs: its file is the last, and begins with it."""
    last = max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    return last.partition("_")[0]


async def found_revision(database: Database) -> str | None:
    """The revision that the database has, None before the first migration."""
    async with database.engine.connect() as connection:
        exists = await connection.scalar(text("select to_regclass('alembic_version')"))
        if exists is None:
            return None
        revision: str | None = await connection.scalar(
            text("select version_num from alembic_version")
        )
        return revision

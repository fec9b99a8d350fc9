"""Brings the schema up to this code's revision, or says what revision the database has."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from services.review.database.engine import Database

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Applies what is missing, one migrator at a time. Blocks; not for a running loop."""
    command.upgrade(_config(url), "head")


def expected_revision() -> str:
    """The revision that this code needs."""
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    assert head is not None
    return head


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

"""Brings the schema up to this code's revision."""

from alembic import command
from alembic.config import Config

from services.review.database.schema import MIGRATIONS


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Applies what is missing, one migrator at a time. Blocks; not for a running loop."""
    command.upgrade(_config(url), "head")

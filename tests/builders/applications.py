"""The review application for a test. What FastAPI makes of all routes at the first request takes as
long as many a test; here it is made once a process.
"""

from functools import cache

from fastapi import APIRouter, FastAPI
from pydantic import SecretStr

from services.review.app import create_app
from services.review.database.engine import Database
from services.review.settings import Settings

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


def application(settings: Settings, database: Database, *, draw: float = 0.5) -> FastAPI:
    """`draw` is what chance gives."""
    app = create_app(settings, database, chance=lambda: draw)
    app.router = _routes()
    return app


@cache
def _routes() -> APIRouter:
    settings = Settings(database_url=SecretStr(NOWHERE), cursor_key=SecretStr("k" * 16))
    return create_app(settings, Database(NOWHERE)).router

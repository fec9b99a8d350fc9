"""The review API and the desk as one application."""

import asyncio
import random
import socket
from collections.abc import Callable

import uvicorn
from fastapi import APIRouter, FastAPI

from services.review.appeals import api as appeals_api
from services.review.cases import api as cases_api
from services.review.cases import lists_api, work_api
from services.review.cases.queue_counts import QueueCounts
from services.review.database.engine import Database
from services.review.database.readiness import database_check
from services.review.database.showing import show_connections
from services.review.decisions import api as decisions_api
from services.review.desk.pages import DESK_ROUTERS, add_desk
from services.review.http_shell import Shell
from services.review.parts import Parts
from services.review.platforms import api as platforms_api
from services.review.problems import install_problems
from services.review.reviewers import api as reviewers_api
from services.review.route_access import require_rules
from services.review.settings import Settings
from services.review.webhooks import api as webhooks_api
from shared.clock import Clock, NewId, new_id, utc_now
from shared.http_server import Server, serve_until_told, server_config
from shared.observability.admin import Liveness, admin_server, bound_socket

ROUTERS: tuple[APIRouter, ...] = (
    reviewers_api.router,
    cases_api.router,
    work_api.router,
    lists_api.router,
    decisions_api.router,
    appeals_api.router,
    platforms_api.router,
    webhooks_api.router,
)
BEAT_SECONDS = 5.0


def create_app(
    settings: Settings,
    database: Database,
    clock: Clock = utc_now,
    make_id: NewId = new_id,
    chance: Callable[[], float] = random.random,
) -> FastAPI:
    """Nothing is opened or started here; the caller closes the database."""
    app = FastAPI(title="Mizan review", version="1", docs_url=None, redoc_url=None)
    app.state.parts = Parts(
        settings, database, clock, make_id, QueueCounts(database), chance=chance
    )
    require_rules((*ROUTERS, *DESK_ROUTERS))
    install_problems(app)
    for router in ROUTERS:
        app.include_router(router)
    add_desk(app)
    app.add_middleware(Shell)
    return app


class StoppingServer(Server):
    """Tells the application that the stop has begun, so that streams end and hold nothing up."""

    def __init__(self, config: uvicorn.Config, parts: Parts) -> None:
        super().__init__(config)
        self._parts = parts

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._parts.stopping.ask()
        await super().shutdown(sockets)


async def run_api(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT, then ends the requests that are under way."""
    database = Database(
        settings.database_url.get_secret_value(),
        pool_size=settings.database_pool,
        application="mizan review api",
    )
    show_connections(database, settings.database_pool)
    listener = bound_socket(settings.host, settings.review_port)
    liveness = Liveness()
    app = create_app(settings, database)
    server = StoppingServer(server_config(app, behind_proxy=True), app.state.parts)
    async with admin_server(
        host=settings.host,
        port=settings.review_admin_port,
        liveness=liveness,
        checks={"database": database_check(database)},
    ):
        beating = asyncio.create_task(_beat(liveness))
        await serve_until_told(server, listener)
        beating.cancel()
    listener.close()
    await database.close()


async def _beat(liveness: Liveness) -> None:
    """The event loop turns as long as this does."""
    while True:
        liveness.beat("requests")
        await asyncio.sleep(BEAT_SECONDS)

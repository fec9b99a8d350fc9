"""The desk as routes, and its files."""

import os

from fastapi import APIRouter, FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from services.review.desk import (
    acting_pages,
    case_pages,
    list_pages,
    queue_pages,
    session_pages,
    settings_pages,
)
from services.review.desk.assets import SCRIPTS, STATIC, VENDOR, carrier_folder, check_scripts
from services.review.desk.failures import install_pages

DESK_ROUTERS: tuple[APIRouter, ...] = (
    session_pages.router,
    queue_pages.router,
    case_pages.router,
    acting_pages.router,
    list_pages.router,
    settings_pages.router,
)


class KeptFiles(StaticFiles):
    """Addresses carry the hash of the file, so browsers may keep them for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


class PinnedScripts(KeptFiles):
    """Of the folder of a package: the scripts that we use, and nothing that lies beside them."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        return super().lookup_path(path) if path in SCRIPTS else ("", None)


def add_desk(app: FastAPI) -> None:
    """The pages and their files. Raises BadAsset when a script is not the one that was tried."""
    scripts = carrier_folder()
    check_scripts(scripts)
    install_pages(app)
    for router in DESK_ROUTERS:
        app.include_router(router)
    app.mount(f"/static/{VENDOR.rstrip('/')}", PinnedScripts(directory=scripts), name="scripts")
    app.mount("/static", KeptFiles(directory=STATIC), name="static")

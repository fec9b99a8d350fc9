"""The desk as routes, and its files."""

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
from services.review.desk.assets import STATIC, prepare_assets
from services.review.desk.failures import install_pages

desk_router = APIRouter()
for part in (session_pages, queue_pages, case_pages, acting_pages, list_pages, settings_pages):
    desk_router.include_router(part.router)


class KeptFiles(StaticFiles):
    """Addresses carry the hash of the file, so browsers may keep them for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


def add_desk(app: FastAPI) -> None:
    """The pages and their files. Raises BadAsset when a script is not the one that was tried."""
    prepare_assets()
    install_pages(app)
    app.include_router(desk_router)
    app.mount("/static", KeptFiles(directory=STATIC), name="static")

"""Logging in and out, and the language."""

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.review.desk.failures import DeskRoute
from services.review.desk.forms import read_form
from services.review.desk.keymap import Scope
from services.review.desk.rendering import Page, respond
from services.review.desk.visits import LOCALE_COOKIE, HasVisit, words_of
from services.review.desk.words import Language
from services.review.errors import TooMany, Unauthenticated
from services.review.parts import HasParts, Parts
from services.review.reviewers import service
from services.review.reviewers.access import COOKIE
from services.review.route_access import open_to_all
from shared.clock import utc_now

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

YEAR_SECONDS = 365 * 86400


@router.get("/", dependencies=[Depends(open_to_all)])
async def front() -> Response:
    return RedirectResponse("/queues", 303)


@router.get("/login", dependencies=[Depends(open_to_all)])
async def login_page(request: Request) -> Response:
    locale = request.query_params.get("locale", "")
    if locale in set(Language):
        answer = RedirectResponse("/login", 303)
        answer.set_cookie(LOCALE_COOKIE, locale, max_age=YEAR_SECONDS, samesite="lax")
        return answer
    back = request.query_params.get("next", "/queues")
    ended = "ended" if "ended" in request.query_params and back != "/queues" else None
    return _form(request, ended, back=back, status=200)


@router.post("/login", dependencies=[Depends(open_to_all)])
async def log_in(request: Request, parts: HasParts) -> Response:
    form = await read_form(request, None)
    back = _local(form.one("next"))
    try:
        new = await service.log_in(
            parts.database,
            form.one("email")[:254],
            form.one("password")[:1024],
            address=request.client.host if request.client else "unknown",
            hours=parts.settings.session_hours,
        )
    except Unauthenticated:
        return _form(request, "wrong", back=back, status=401, email=form.one("email"))
    except TooMany as error:
        answer = _form(request, "too_many", back=back, status=429, email=form.one("email"))
        answer.headers["Retry-After"] = str(error.facts["retry_after"])
        return answer
    welcome = RedirectResponse(back, 303)
    welcome.set_cookie(
        COOKIE,
        new.token,
        max_age=int(parts.settings.session_hours * 3600),
        httponly=True,
        samesite="lax",
        secure=_secure(parts),
    )
    return welcome


@router.post("/logout")
async def log_out(request: Request, visit: HasVisit) -> Response:
    await read_form(request, visit.viewer)
    await service.log_out(visit.parts.database, visit.viewer)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE)
    return answer


@router.post("/locale")
async def choose_language(request: Request, visit: HasVisit) -> Response:
    form = await read_form(request, visit.viewer)
    answer = RedirectResponse(_local(form.one("back")), 303)
    if form.one("locale") in set(Language):
        answer.set_cookie(LOCALE_COOKIE, form.one("locale"), max_age=YEAR_SECONDS, samesite="lax")
    return answer


def _form(
    request: Request, problem: str | None, *, back: str, status: int, email: str = ""
) -> Response:
    values = {"problem": problem, "email": email, "next": _local(back)}
    return respond(
        "login.html", Page(words_of(request), Scope.ANYWHERE, utc_now(), None, values), status
    )


def _local(path: str) -> str:
    """A path of ours, whatever a link said: never another site's."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if inside and path.isprintable() else "/queues"


def _secure(parts: Parts) -> bool:
    return parts.settings.review_url.startswith("https://")

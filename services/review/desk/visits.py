"""Who looks at a page, in which language, and with what in the bar; errors as pages."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

import asyncpg
from fastapi import Depends
from fastapi.routing import APIRoute
from markupsafe import Markup
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.review.cases.rules import NotPossible
from services.review.desk import repository
from services.review.desk.keymap import Scope
from services.review.desk.rendering import Page, respond
from services.review.desk.repository import BarFacts
from services.review.desk.views import BarView, UndoView
from services.review.desk.words import Language, Words
from services.review.errors import Refused
from services.review.parts import HasParts, Parts
from services.review.reviewers.access import viewer_of_cookie
from services.review.reviewers.models import Viewer
from shared.clock import utc_now
from shared.errors import Permanent, Transient
from shared.observability.logging import logger

LOCALE_COOKIE = "mizan_locale"
AWAY = (Transient, PoolTimeout, OSError, asyncpg.PostgresError, DBAPIError)
# Codes with a page of their own; the rest is told by status.
PAGES = {
    "own_decision": "own_decision",
    "leased": "leased",
    "held": "leased",
    "assigned": "leased",
    "undo_window_over": "undo_window_over",
    "needs_stable_id": "needs_stable_id",
    "csrf": "csrf",
}
BY_STATUS = {401: "forbidden", 403: "forbidden", 404: "not_found", 409: "conflict"}

log = logger(__name__)


class LogInFirst(Permanent):
    """Nobody is logged in."""


@dataclass(frozen=True)
class Visit:
    viewer: Viewer
    words: Words
    parts: Parts

    async def bar(self, session: AsyncSession) -> tuple[BarView, BarFacts]:
        facts = await repository.load_bar(session, self.viewer.reviewer_id)
        undo = None
        if facts.undoable is not None:
            found = facts.undoable
            first = str(found.actions[0].get("action")) if found.actions else None
            undo = UndoView(found.decision_id, found.finding, first, found.count, found.seconds)
        bar = BarView(self.viewer.name, self.viewer.csrf_token, facts.held, undo)
        return bar, facts

    async def page(
        self,
        session: AsyncSession,
        template: str,
        scope: Scope,
        *,
        status: int = 200,
        **values: object,
    ) -> Response:
        bar, facts = await self.bar(session)
        return respond(template, Page(self.words, scope, facts.now, bar, values), status)


async def visit(request: Request, parts: HasParts) -> Visit:
    viewer = await viewer_of_cookie(request, parts)
    if viewer is None:
        raise LogInFirst("Log in first.")
    return Visit(viewer, words_of(request, viewer.locale), parts)


HasVisit = Annotated[Visit, Depends(visit)]


def words_of(request: Request, preferred: str = "") -> Words:
    """The language chosen in this browser, else the person's, else the browser's own."""
    asked = request.headers.get("accept-language", "")[:2]
    known = set(Language)
    for code in (request.cookies.get(LOCALE_COOKIE, ""), preferred, asked):
        if code in known:
            return Words(Language(code))
    return Words(Language.ENGLISH)


class DeskRoute(APIRoute):
    """Answers with a page where the API answers with a problem document."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[None, None, Response]]:
        handler: Callable[[Request], Awaitable[Response]] = super().get_route_handler()

        async def with_pages(request: Request) -> Response:
            try:
                return await handler(request)
            except LogInFirst:
                back = request.url.path if request.method == "GET" else "/queues"
                return RedirectResponse(f"/login?ended=1&next={quote(back)}", 303)
            except NotPossible:
                return problem_page(request, "conflict", 409)
            except Refused as error:
                return refusal_page(request, error)
            except Exception as error:  # the edge: a page must come
                if isinstance(error, AWAY) and not isinstance(error, IntegrityError):
                    log.warning("dependency_away", error=type(error).__name__)
                    return problem_page(request, "unavailable", 503)
                log.error("page_failed", error=type(error).__name__, exc_info=error)
                return problem_page(request, "internal", 500)

        return with_pages


def refusal_page(request: Request, error: Refused) -> Response:
    code = PAGES.get(error.code) or BY_STATUS.get(error.status, "bad_input")
    by = error.facts.get("by")
    name = by.get("name") if isinstance(by, dict) else None
    return problem_page(request, code, error.status, who=name)


def problem_page(request: Request, code: str, status: int, **values: object) -> Response:
    """A page without a bar: whoever looks may not be known."""
    retry = request.url.path if request.method == "GET" else None
    page = Page(
        words_of(request),
        Scope.ANYWHERE,
        utc_now(),
        BarView("", "", 0),
        {"code": code, "retry": retry, "bare": True, **values},
    )
    return respond("problem.html", page, status)


def by_name(handle: str | None) -> Markup:
    """A handle as it stands in a sentence of ours: apart from its direction."""
    return Markup("<bdi>{}</bdi>").format(handle or "–")

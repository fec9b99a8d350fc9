"""Errors as pages: whatever goes wrong, somebody who looks at a page gets one that says what."""

from collections.abc import Awaitable, Callable, Coroutine
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from structlog.contextvars import get_contextvars

from services.review.cases.rules import NotPossible
from services.review.database.outage import is_outage
from services.review.desk.keymap import Scope
from services.review.desk.rendering import Page, respond
from services.review.desk.views import BarView
from services.review.desk.visits import LogInFirst, words_of
from services.review.errors import Refused
from services.review.problems import http_problem
from shared.clock import utc_now
from shared.observability.logging import logger

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

# Addresses of programs: they are answered with problem documents whatever they accept.
FOR_PROGRAMS = ("/v1/", "/api/", "/problems/")

log = logger(__name__)


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
            except RequestValidationError:
                return problem_page(request, "bad_input", 422)
            except Exception as error:  # noqa: BLE001 — the edge: a page must come
                return failure_page(request, error)

        return with_pages


def failure_page(request: Request, error: Exception) -> Response:
    """An outage says to try again; a mistake of ours says so, with the id it has in the log."""
    if is_outage(error):
        log.warning("dependency_away", error=type(error).__name__)
        return problem_page(request, "unavailable", 503)
    log.error("page_failed", path=request.url.path, error=type(error).__name__, exc_info=error)
    request_id = get_contextvars().get("request_id")
    return problem_page(request, "internal", 500, request_id=request_id)


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


def install_pages(app: FastAPI) -> None:
    """An address that nobody serves is answered with a page where a browser asks for one."""
    app.add_exception_handler(HTTPException, _unserved)


async def _unserved(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    wants_page = "text/html" in request.headers.get("accept", "")
    if not wants_page or request.url.path.startswith(FOR_PROGRAMS):
        return await http_problem(request, error)
    code = "not_found" if error.status_code in {404, 405} else "bad_input"
    return problem_page(request, code, error.status_code)

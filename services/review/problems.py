"""Errors as they are answered: RFC 9457 problem documents, each with a page that explains it."""

import html
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import asyncpg
import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import JsonValue
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services.review.cases.rules import NotPossible
from services.review.database.outage import is_outage
from services.review.errors import FieldError, NotFound, Refused
from services.review.problem_codes import EXPLANATIONS
from shared.errors import Transient
from shared.observability.logging import logger

RETRY_AFTER_SECONDS = 1

log = logger(__name__)


def install_problems(app: FastAPI) -> None:
    """Every error becomes a problem document; `/problems/<code>` explains each code."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(NotPossible, _not_possible)
    app.add_exception_handler(Transient, _unavailable)
    app.add_exception_handler(PoolTimeout, _unavailable)
    app.add_exception_handler(OSError, _unavailable)
    app.add_exception_handler(asyncpg.PostgresError, _database_error)
    app.add_exception_handler(DBAPIError, _database_error)
    app.add_exception_handler(RequestValidationError, _invalid_parameters)
    app.add_exception_handler(HTTPException, http_problem)
    app.add_exception_handler(Exception, _internal)
    app.get("/problems/{code}", include_in_schema=False)(_page)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    facts: Mapping[str, JsonValue] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The document as an answer. A fact `retry_after` becomes the header instead."""
    members = dict(facts or {})
    sent = dict(headers or {})
    if (wait := members.pop("retry_after", None)) is not None:
        sent["Retry-After"] = str(wait)
    if status == HTTPStatus.UNAUTHORIZED:
        sent["WWW-Authenticate"] = "Bearer"
    title, _ = EXPLANATIONS.get(code, (HTTPStatus(status).phrase, ""))
    document: dict[str, JsonValue] = {
        "type": f"/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        **members,
    }
    if errors:
        document["errors"] = [
            {"pointer": error.pointer, "code": error.code, "message": error.message}
            for error in errors
        ]
    return Response(
        orjson.dumps(document),
        status_code=status,
        headers=sent,
        media_type="application/problem+json",
    )


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return problem(error.status, error.code, error.detail, errors=error.errors, facts=error.facts)


async def _not_possible(_: Request, error: Exception) -> Response:
    assert isinstance(error, NotPossible)
    facts: dict[str, JsonValue] = {"state": error.state and str(error.state)}
    return problem(409, "not_possible", f"{error}.", facts=facts)


async def _unavailable(_: Request, error: Exception) -> Response:
    log.warning("dependency_away", error=type(error).__name__)
    return problem(
        503,
        "unavailable",
        "A part of the service does not answer. Try again in a moment.",
        facts={"retry_after": RETRY_AFTER_SECONDS},
    )


async def _database_error(request: Request, error: Exception) -> Response:
    answer = _unavailable if is_outage(error) else _internal
    return await answer(request, error)


async def _invalid_parameters(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        FieldError(
            "/" + "/".join(str(step) for step in found["loc"][1:]), found["type"], found["msg"]
        )
        for found in error.errors()
    ]
    return problem(422, "invalid_parameter", "A parameter of the address is wrong.", errors=errors)


async def http_problem(_: Request, error: Exception) -> Response:
    """What the router refuses by itself: no such address, not that method."""
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http_error")
    return problem(error.status_code, code, error.detail, headers=error.headers)


async def _internal(request: Request, error: Exception) -> Response:
    log.error("request_failed", path=request.url.path, error=type(error).__name__, exc_info=error)
    return problem(500, "internal", "This is our mistake; it is in the log with this request's id.")


async def _page(code: str) -> Response:
    if code not in EXPLANATIONS:
        raise NotFound("not_found", "There is no such problem.")
    title, text = EXPLANATIONS[code]
    page = (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        f"<title>{html.escape(title)}</title><h1>{html.escape(title)}</h1>"
        f"<p><code>{html.escape(code)}</code></p><p>{html.escape(text)}</p></html>"
    )
    return HTMLResponse(page)

"""The HTTP application of the report edge."""

import re
import secrets
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import JsonValue, TypeAdapter
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.ingest import metrics
from services.ingest.api import Edge, Endpoint, RawRoute, add_calls
from services.ingest.documentation import DOCUMENTED
from services.ingest.errors import Refused
from services.ingest.problems import Problem
from services.ingest.responses import problem_response
from shared.observability.logging import logger

log = logger(__name__)

MAX_HEADERS, MAX_HEADER_BYTES, MAX_URL_BYTES = 100, 8 * 1024, 8 * 1024
_REQUEST_ID = re.compile(r"[A-Za-z0-9._\-]{1,64}")
_VERSION = "2026-11"
_KEY = re.compile(rb"mz_(?:live|test|ref)_")
_FRAMING = frozenset({b"host", b"transfer-encoding", b"upgrade", b"expect"})


def make_app(edge: Edge) -> ASGIApp:
    app = FastAPI(
        title="Mizan report edge",
        version=_VERSION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # another path is not there, and a redirected POST loses its key
    )
    app.router.route_class = RawRoute
    calls = add_calls(app.router, edge)
    app.add_exception_handler(HTTPException, _http_problem)
    app.openapi = lambda: openapi_document(app)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return Envelope(app, calls)


def openapi_document(app: FastAPI) -> dict[str, JsonValue]:
    """OpenAPI 3.1, with the forms that the raw calls read."""
    document = get_openapi(
        title=app.title, version=app.version, routes=app.routes, openapi_version="3.1.0"
    )
    _, schemas = TypeAdapter.json_schemas(
        [(model.__name__, "validation", TypeAdapter(model)) for model in DOCUMENTED],
        ref_template="#/components/schemas/{model}",
    )
    components = document.setdefault("components", {})
    components["schemas"] = schemas["$defs"]
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"key": []}]
    return document


async def _http_problem(_request: Request, error: Exception) -> Response:
    """404 and 405 as the framework finds them."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    problem = Problem.METHOD_NOT_ALLOWED if status == 405 else Problem.NOT_FOUND
    response = problem_response(Refused(problem))
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response


class Envelope:
    """Around every answer: a request id, limits of the head, and no error that is shown.

    The calls of platforms are reached from here without FastAPI's middleware and routing: they
    take the request as it came and want nothing of either, and it would be a third of their cost.
    """

    def __init__(self, app: ASGIApp, calls: Mapping[str, Endpoint]) -> None:
        self._app = app
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request_id = _request_id(scope)
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"].append((b"x-request-id", request_id))
            await send(message)

        try:
            problem = _head_problem(scope)
            if problem is not None:
                return await _closing(problem)(scope, receive, send_with_id)
            call = self._calls.get(scope["path"]) if scope["method"] == "POST" else None
            if call is None:
                return await self._app(scope, receive, send_with_id)
            response = await call(Request(scope, receive))
            response.raw_headers.append((b"x-request-id", request_id))
            started = True
            await response(scope, receive, send)
        except ClientDisconnect:
            return None
        except Exception as error:  # noqa: BLE001 — the edge of the process: logged, counted
            metrics.CRASHES.inc()
            log.error("request_crashed", cause=type(error).__name__, request_id=request_id.decode())
            if not started:
                await _closing(Problem.FAULT)(scope, receive, send_with_id)
        return None


def _request_id(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value.decode("latin-1")):
            given: bytes = value
            return given
    return secrets.token_hex(8).encode()


def _head_problem(scope: Scope) -> Problem | None:
    headers = scope["headers"]
    url = scope["raw_path"] + b"?" + scope["query_string"]
    if len(url) > MAX_URL_BYTES:
        return Problem.URL_TOO_LONG
    if len(headers) > MAX_HEADERS:
        return Problem.HEAD_TOO_LARGE
    if sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES:
        return Problem.HEAD_TOO_LARGE
    if _KEY.search(unquote_to_bytes(url) if b"%" in url else url):
        return Problem.KEY_IN_QUERY
    return _framing_problem(scope, [pair for pair in headers if pair[0] in _FRAMING])


def _framing_problem(scope: Scope, named: list[tuple[bytes, bytes]]) -> Problem | None:
    """What two servers on the way could read differently, or what would cost the body."""
    names = [name for name, _ in named]
    if names == [b"host"]:
        return None
    if len(names) != len(set(names)) or (scope["http_version"] == "1.1" and b"host" not in names):
        return Problem.BAD_REQUEST
    values = {name: value.strip().lower() for name, value in named}
    if values.get(b"transfer-encoding", b"chunked") != b"chunked":
        return Problem.BAD_REQUEST
    if b"upgrade" in values and scope["method"] == "POST":  # its body is not read
        return Problem.BAD_REQUEST
    if values.get(b"expect", b"100-continue") != b"100-continue":
        return Problem.EXPECTATION
    return None


def _closing(problem: Problem) -> Response:
    """The problem, after which the connection ends: what else stands on it is not read."""
    metrics.REFUSED.labels("unknown", problem).inc()
    response = problem_response(Refused(problem))
    response.headers["connection"] = "close"
    return response

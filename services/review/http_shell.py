"""Around every request: an id, headers that make a browser careful, what is left of a rate, no NUL
in an address.
"""

import re
import secrets
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from services.review.metrics import REQUEST_SECONDS
from services.review.problems import problem
from shared.rate_limits import Allowance

REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Where a route sets nothing else: JSON and problem pages load nothing and are kept by nobody.
DEFAULTS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
}
# Where a route leaves in the scope what a key has left of its rate.
ALLOWANCE = "mizan.allowance"


class Shell:
    """ASGI middleware; the outermost."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        clock = _Stopwatch(scope["path"])

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                clock.stop(message["status"])
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in HEADERS.items():
                    headers[name] = value
                if isinstance(allowance := scope.get(ALLOWANCE), Allowance):
                    headers.update(allowance.headers())
                for name, value in DEFAULTS.items():
                    headers.setdefault(name, value)
            await send(message)

        with bound_contextvars(request_id=request_id):
            if _holds_nul(scope):
                refusal = problem(400, "malformed_request", "The address holds a NUL.")
                await refusal(scope, receive, send_with_headers)
                return
            try:
                await self._app(scope, receive, send_with_headers)
            except Exception:
                clock.stop(500)  # the answer is made outside of here
                raise


class _Stopwatch:
    """Of one request, until its answer begins."""

    def __init__(self, path: str) -> None:
        self._surface = _surface(path)
        self._began: float | None = time.perf_counter()

    def stop(self, status: int) -> None:
        """The first call counts."""
        if self._began is not None:
            outcome = "failed" if status >= 500 else "refused" if status >= 400 else "done"
            seconds = time.perf_counter() - self._began
            REQUEST_SECONDS.labels(self._surface, outcome).observe(seconds)
            self._began = None


def _surface(path: str) -> str:
    if path.startswith("/api/"):
        return "reviewers"
    return "platforms" if path.startswith("/v1/") else "desk"


def _request_id(scope: Scope) -> str:
    """The caller's own where it is plain, so that both sides can find the request."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    for name, value in headers:
        if name == b"x-request-id":
            given = value.decode("latin-1")
            if REQUEST_ID.fullmatch(given):
                return given
    return f"req_{secrets.token_hex(12)}"


def _holds_nul(scope: Scope) -> bool:
    path: str = scope["path"]
    query: bytes = scope["query_string"]
    return "\x00" in path or b"%00" in query or b"\x00" in query

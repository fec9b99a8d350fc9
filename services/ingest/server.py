"""The HTTP server of the edge: uvicorn, with the bounds that it lacks.

By itself it holds a head of any length in memory and waits for one without end, and it answers 400
to what follows a request that it goes on to carry out.
"""

import asyncio
import secrets
from http import HTTPStatus

from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from services.ingest import metrics
from services.ingest.errors import Refused
from services.ingest.problems import ABOUT, Problem
from services.ingest.responses import problem_response
from shared.http_server import Server, server_config

WAIT_SECONDS = 10.0
MOST_BESIDE_BODY = 64 * 1024  # bytes of head, chunk extensions and trailers of one request
_CHUNK_HEAD = 16  # bytes that may stand beside each part of a body for nothing


class BoundedProtocol(HttpToolsProtocol):
    """One connection. A head, and a body that nobody reads any more, must come within ten seconds
    and within 64 KiB beside the body; and a request is refused or carried out, never both.
    """

    _beside_body = 0
    _in_head = False
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._beside_body += len(data)
        super().data_received(data)
        if self._beside_body > MOST_BESIDE_BODY:
            self._refuse(Problem.HEAD_TOO_LARGE)
        elif self._in_head and self._waiting is None:  # most heads come whole, and cost no timer
            self._wait()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._wait_no_more()
        self._in_head = True

    def on_headers_complete(self) -> None:
        self._wait_no_more()
        self._in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._beside_body -= len(body) + _CHUNK_HEAD
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._wait_no_more()
        self._beside_body = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body:
            self._wait()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 — uvicorn's own words
        """What breaks the framing of HTTP."""
        self._refuse(Problem.BAD_REQUEST)

    def _latest(self) -> RequestResponseCycle | None:
        """Of the request whose head came last; None before the first."""
        return self.cycle

    def _wait(self) -> None:
        self._wait_no_more()
        self._waiting = self.loop.call_later(WAIT_SECONDS, self._waited)

    def _wait_no_more(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _waited(self) -> None:
        cycle = self._latest()
        if cycle is not None and cycle.more_body:
            self.transport.close()  # it was answered long ago
        else:
            self._refuse(Problem.HEAD_TIMEOUT)

    def _refuse(self, problem: Problem) -> None:
        """In turn: a request that is being carried out is answered, as the last of the connection.
        One that has not reached the application yet never will.
        """
        if self.transport.is_closing():
            return
        cycle = self._latest()
        if cycle is not None and not cycle.response_complete:
            if self.pipeline or _was_taken(cycle):
                cycle.keep_alive = False
                self.flow.pause_reading()
                return
            cycle.disconnected = True
            cycle.message_event.set()
        metrics.REFUSED.labels("unknown", problem).inc()
        self.transport.write(_answer(problem, self.server_state.default_headers))
        self.transport.close()


def _was_taken(cycle: RequestResponseCycle) -> bool:
    """Whether the application has all of the request."""
    return not cycle.more_body and not cycle.body


def _answer(problem: Problem, headers: list[tuple[bytes, bytes]]) -> bytes:
    status = HTTPStatus(ABOUT[problem].status)
    response = problem_response(Refused(problem))
    lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
    lines += [name + b": " + value for name, value in (*headers, *response.raw_headers)]
    lines += [b"x-request-id: " + secrets.token_hex(8).encode(), b"connection: close", b"", b""]
    return b"\r\n".join(lines) + bytes(response.body)


def http_server(app: ASGIApp) -> Server:
    """Not serving yet."""
    return Server(server_config(app, protocol=BoundedProtocol))

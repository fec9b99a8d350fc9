"""The admin port of a process: `/livez`, `/readyz`, `/metrics`, on an address of its own."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from prometheus_client import REGISTRY, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.errors import Permanent
from shared.http_server import BACKLOG, Server, server_config
from shared.observability.metrics import CLOCK

Check = Callable[[], Awaitable[str | None]]
CHECK_SECONDS = 2.0


class PortInUse(Permanent):
    """Another process listens there."""


class Liveness:
    """Stamps of the loops of a process. One that has not turned for `limit_seconds` is stuck."""

    def __init__(self, limit_seconds: float = 60.0) -> None:
        self._limit = limit_seconds
        self._stamps: dict[str, float] = {}

    def beat(self, loop_name: str) -> None:
        """The loop has turned."""
        self._stamps[loop_name] = time.monotonic()

    def forget(self, loop_name: str) -> None:
        """The loop has ended on purpose."""
        self._stamps.pop(loop_name, None)

    def stuck(self) -> list[str]:
        now = time.monotonic()
        return [name for name, stamp in self._stamps.items() if now - stamp > self._limit]


def bound_socket(host: str, port: int) -> socket.socket:
    """Listening socket. Raises PortInUse naming the address."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)  # until then another process could bind the same address
    except OSError as error:
        listener.close()
        raise PortInUse(f"{host}:{port} is in use or not ours: {error.strerror}") from None
    return listener


@contextlib.asynccontextmanager
async def admin_server(
    *, host: str, port: int, liveness: Liveness, checks: Mapping[str, Check]
) -> AsyncIterator[None]:
    """Serves while the block runs. A check answers None when its dependency is there, else one
    sentence; each has two seconds.
    """
    listener = bound_socket(host, port)
    CLOCK.set_function(time.time)
    app = admin_app(liveness, checks)
    server = Server(server_config(app))
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="admin port")
    try:
        yield
    finally:
        server.should_exit = True
        await serving
        listener.close()


def admin_app(liveness: Liveness, checks: Mapping[str, Check]) -> Starlette:
    """The three pages as an application."""

    async def livez(_: Request) -> Response:
        stuck = liveness.stuck()
        return JSONResponse({"stuck": stuck}, status_code=503 if stuck else 200)

    async def readyz(_: Request) -> Response:
        states = await asyncio.gather(*(_state(check) for check in checks.values()))
        failed = {name: why for name, why in zip(checks, states, strict=True) if why}
        return JSONResponse({"waiting_for": failed}, status_code=503 if failed else 200)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[
            Route("/livez", livez),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
        ]
    )


async def _state(check: Check) -> str | None:
    try:
        return await asyncio.wait_for(check(), CHECK_SECONDS)
    except TimeoutError:
        return "no answer"
    except Exception as error:  # noqa: BLE001 — a check that fails is an answer: not ready
        return type(error).__name__

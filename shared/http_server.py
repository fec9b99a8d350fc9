"""The HTTP server of our processes: uvicorn, with the settings that all of them have."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

BACKLOG = 2048
DRAIN_SECONDS = 10
KEEP_ALIVE_SECONDS = 30


class Server(uvicorn.Server):
    """Leaves signals to its process: uvicorn would raise them again at its end, and the process
    would die of one before it has put anything away, with another status than 0.
    """

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server_config(
    app: ASGIApp,
    *,
    protocol: type[asyncio.Protocol] | None = None,
    behind_proxy: bool = False,
    lifespan: bool = False,
) -> uvicorn.Config:
    """`behind_proxy` takes the client's address from the headers of a proxy that is trusted."""
    return uvicorn.Config(
        app,
        http=protocol or "httptools",
        ws="none",
        lifespan="on" if lifespan else "off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=behind_proxy,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


async def serve_until_told(server: uvicorn.Server, listener: socket.socket) -> None:
    """Answers until SIGTERM or SIGINT; then no more is taken and what has begun is answered."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.handle_exit, number, None)
    await server.serve(sockets=[listener])

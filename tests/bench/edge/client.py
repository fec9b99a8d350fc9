"""A client that costs little: the machine's cores are for what is measured."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

_STATUS = slice(9, 12)
_LENGTH = b"content-length:"


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


@dataclass
class Outcome:
    """Answers within a time; latencies in seconds. `accepted` counts reports, not requests."""

    seconds: float = 0.0
    accepted: int = 0
    refused: int = 0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Accepted reports a second."""
        return self.accepted / self.seconds

    def quantile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request under way at a time."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._missing: int | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by class

    def data_received(self, data: bytes) -> None:
        self._parts.append(data)
        if self._missing is None:
            data = b"".join(self._parts)
            head_end = data.find(b"\r\n\r\n")
            if head_end < 0:
                return
            head = data[:head_end].lower()
            length = head[head.index(_LENGTH) + len(_LENGTH) :].split(b"\r\n", 1)[0]
            self._missing = head_end + 4 + int(length) - len(data)
        else:
            self._missing -= len(data)
        if self._missing <= 0 and self._waiting is not None:
            head, _, body = b"".join(self._parts).partition(b"\r\n\r\n")
            self._parts, self._missing = [], None
            self._waiting.set_result(Answer(int(head[_STATUS]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionError("closed"))

    async def ask(self, request: bytes) -> Answer:
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def post(path: str, body: bytes, *, key: str, media_type: str) -> bytes:
    """A request as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\n"
        f"content-type: {media_type}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass(frozen=True)
class Work:
    """`request` is given a running number; `accepted` counts the reports that an answer accepts
    of the `reports` in each request.
    """

    request: Callable[[int], bytes]
    accepted: Callable[[Answer], int]
    reports: int = 1


async def load(port: int, work: Work, *, connections: int, seconds: float) -> Outcome:
    """Asks on all connections without a pause for so long."""
    outcome = Outcome()
    loop = asyncio.get_running_loop()
    made = [
        (await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(connections)
    ]
    numbers = iter(range(10**9))
    began = time.perf_counter()
    deadline = began + seconds

    async def one(connection: Connection) -> None:
        while time.perf_counter() < deadline:
            request = work.request(next(numbers))
            sent = time.perf_counter()
            answer = await connection.ask(request)
            outcome.latencies.append(time.perf_counter() - sent)
            accepted = work.accepted(answer)
            outcome.accepted += accepted
            outcome.refused += work.reports - accepted

    await asyncio.gather(*(one(connection) for connection in made))
    outcome.seconds = time.perf_counter() - began
    for connection in made:
        connection.close()
    return outcome

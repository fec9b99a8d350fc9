"""Calls of clients that never know when a process will die."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import orjson
from pydantic import JsonValue

Json = dict[str, JsonValue]

# 408: on a busy machine the clients themselves may be too slow to send a body.
TRY_AGAIN = frozenset({408, 429, 503})
LONGEST_PAUSE_SECONDS = 1.0
PATIENCE_SECONDS = 15.0


class Unexpected(AssertionError):
    """An answer that no client should ever get, whatever dies."""


@dataclass(frozen=True)
class Answer:
    """`status` is None when none came. Times are seconds since 1970."""

    status: int | None
    began: float
    ended: float
    body: bytes = b""
    retry_after: float = 0.2

    @property
    def unknown(self) -> bool:
        return self.status is None or self.status in TRY_AGAIN

    def json(self) -> Json:
        content: Json = orjson.loads(self.body)
        return content

    @property
    def code(self) -> str | None:
        """Of a problem document."""
        if self.status is None or self.status < 400:
            return None
        return str(self.json().get("code"))


@dataclass
class UnderWay:
    """How many calls, or reports in them, wait for their answer now."""

    count: int = 0
    broken: int = 0
    """Calls that never got an answer."""

    @contextmanager
    def one(self, weight: int = 1) -> Iterator[None]:
        self.count += weight
        try:
            yield
        finally:
            self.count -= weight


@dataclass
class Caller:
    """One client, with its connections."""

    chance: random.Random
    under_way: UnderWay = field(default_factory=UnderWay)
    http: httpx.AsyncClient = field(
        default_factory=lambda: httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS)
    )

    async def ask(
        self,
        method: str,
        url: str,
        *,
        token: str | None = None,
        content: bytes | None = None,
        media_type: str = "application/json",
        lease: str | None = None,
        weight: int = 1,
    ) -> Answer:
        """Once. Raises Unexpected for a fault of the server that is no 503."""
        headers = {"content-type": media_type} if content is not None else {}
        if lease is not None:
            headers["lease-token"] = lease
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        began = time.time()
        with self.under_way.one(weight):
            try:
                got = await self.http.request(method, url, headers=headers, content=content)
            except httpx.HTTPError:
                self.under_way.broken += 1
                return Answer(None, began, time.time())
        if got.status_code >= 500 and got.status_code not in TRY_AGAIN:
            raise Unexpected(f"{method} {url}: {got.status_code} {got.text[:300]}")
        pause = float(got.headers.get("retry-after", "0.2"))
        return Answer(got.status_code, began, time.time(), got.content, pause)

    async def pause(self, answer: Answer) -> None:
        """As long as a polite client waits before it tries again."""
        longest = min(answer.retry_after, LONGEST_PAUSE_SECONDS)
        await asyncio.sleep(longest * self.chance.uniform(0.5, 1.0))

    async def until_known(
        self,
        method: str,
        url: str,
        *,
        token: str | None = None,
        body: Json | None = None,
        lease: str | None = None,
        heard: Callable[[Answer], None] = lambda _: None,
    ) -> Answer:
        """Asks the same again until there is an answer; `heard` is told of each try."""
        content = None if body is None else orjson.dumps(body)
        while True:
            answer = await self.ask(method, url, token=token, content=content, lease=lease)
            heard(answer)
            if not answer.unknown:
                return answer
            await self.pause(answer)

    async def close(self) -> None:
        await self.http.aclose()

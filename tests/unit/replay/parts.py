"""The real edge in this process behind a connection that fails as it is told, and a clock that
goes on only by sleeping.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import httpx
import orjson

from services.replay.arrivals import Arrivals
from services.replay.calls import Calls
from services.replay.feeding import Feed
from services.replay.pacing import Pace
from services.replay.patience import Patience, Timer
from services.replay.reading import Line
from services.replay.rules import Unsendable
from services.replay.sending import Accepted, Sender
from services.replay.tally import Failure, Tally
from tests.unit.ingest.edge_parts import EdgeUnderTest, body, edge_under_test

PATIENCE_SECONDS = 60.0


class Fault(StrEnum):
    """What happens to one request."""

    NONE = "none"
    LOST = "lost"  # it does not arrive
    UNANSWERED = "unanswered"  # it arrives, its answer does not
    CUT = "cut"  # the second half of its answer does not
    BUSY = "busy"  # 503 with Retry-After: 3


@dataclass
class FlakyTransport(httpx.AsyncBaseTransport):
    """The first requests meet `faults`, one each; those behind meet none. `says` are headers that
    every answer gets.
    """

    inner: httpx.AsyncBaseTransport
    faults: Iterator[Fault]
    requests: list[httpx.Request] = field(default_factory=list)
    says: dict[str, str] = field(default_factory=dict)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        fault = next(self.faults, Fault.NONE)
        if fault is Fault.LOST:
            raise httpx.ConnectError("refused")
        if fault is Fault.BUSY:
            return httpx.Response(503, headers={"retry-after": "3"}, content=b"{}")
        response = await self.inner.handle_async_request(request)
        response.headers.update(self.says)
        if fault is Fault.UNANSWERED:
            raise httpx.ReadError("reset")
        if fault is Fault.CUT:
            content = await response.aread()
            return httpx.Response(response.status_code, content=content[: len(content) // 2])
        return response


@dataclass
class FakeTime:
    """`meanwhile` is what happens while somebody sleeps."""

    now_seconds: float = 0.0
    slept: list[float] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None

    def now(self) -> float:
        return self.now_seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_seconds += seconds
        self.meanwhile()
        await asyncio.sleep(0)


@dataclass
class Replay:
    """One replay and all that can be seen of it."""

    edge: EdgeUnderTest
    transport: FlakyTransport
    calls: Calls
    time: FakeTime = field(default_factory=FakeTime)
    failures: list[Failure] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.timer = Timer(self.time.now, self.time.sleep)
        self.tally = Tally(self.failures.append)

    def patience(self) -> Patience:
        return Patience(self.timer, PATIENCE_SECONDS, self.said.append)

    def sender(
        self, *, platform: str = "x", policy: str | None = None, rate: float | None = None
    ) -> Sender:
        return Sender(
            calls=self.calls,
            pace=Pace(rate),
            patience=self.patience(),
            timer=self.timer,
            tally=self.tally,
            platform=platform,
            policy=policy,
            accepted=self._accept,
        )

    def arrivals(self) -> Arrivals:
        return Arrivals(
            calls=self.calls, patience=self.patience(), timer=self.timer, tally=self.tally
        )

    async def _accept(self, accepted: Sequence[Accepted]) -> None:
        self.accepted += accepted

    @property
    def in_the_log(self) -> list[str]:
        """External ids of the records, in order, doubles too."""
        return [orjson.loads(record.value)["external_id"] for record in self.edge.sent]


@contextlib.asynccontextmanager
async def replaying(*faults: Fault, key: str = "mz_live_x") -> AsyncIterator[Replay]:
    async with edge_under_test() as edge:
        transport = FlakyTransport(edge.client._transport, iter(faults))
        async with httpx.AsyncClient(transport=transport) as client:
            calls = Calls(client, ingest_url="http://edge", review_url="http://review", key=key)
            yield Replay(edge, transport, calls)


def reports(*names: str) -> list[Line]:
    """A line each; a name that begins with "bad" is one that the edge refuses, and one that begins
    with "broken" cannot be sent.
    """
    return [Line(number, _body(name), number * 10) for number, name in enumerate(names, start=1)]


def _body(name: str) -> bytes | Unsendable:
    if name.startswith("broken"):
        return Unsendable("not_utf8", "broken")
    subject = {"kind": "account" if name.startswith("bad") else "content"}
    url = "https://x.com/some_one/status/20"
    return orjson.dumps(body(external_id=name, subject={**subject, "url": url}))


def feed(lines: Sequence[Line]) -> Feed:
    return Feed(iter(lines))

"""What is posted, and how: in bulk, as a platform reports that has much to say."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import orjson

from tests.bench.edge.client import Connection, post

REPORTS_A_SUBJECT = 2
CONNECTIONS = 4
VARIETIES = 64
_TEXT = (
    "they said the market would open again on friday but nobody came and the road was closed "
    "until the evening یہ لوگ کل پھر آئیں گے اور سب کو بتا دیں گے هؤلاء الناس سيعودون غدا"
)
_POLICIES = ("terrorism", "hate", "violence", "other")
_TAKEN = b'"status":202'
_FIRST_POST = 1_700_000_000_000_000_000


class Lines:
    """Reports of about 1 KB. Each has an id and a reporter of its own; each subject, with a text
    of its own, comes `REPORTS_A_SUBJECT` times.
    """

    def __init__(self, prefix: str) -> None:
        chance = random.Random(1)
        self._prefix = prefix
        self._texts = [" ".join(chance.choices(_TEXT.split(), k=60)) for _ in range(VARIETIES)]
        self._next = 0

    def take(self, count: int) -> bytes:
        """The next so many."""
        first, self._next = self._next, self._next + count
        return b"\n".join(self._line(number) for number in range(first, first + count))

    def _line(self, number: int) -> bytes:
        subject = number // REPORTS_A_SUBJECT
        text = self._texts[subject % VARIETIES]
        return orjson.dumps(
            {
                "external_id": f"{self._prefix}-{number}",
                "reported_at": "2026-11-20T09:14:03Z",
                "reason": {"policy_id": _POLICIES[subject % len(_POLICIES)], "text": text[:60]},
                "reporter": {"id": f"u-{number}", "kind": "user", "language": "ur"},
                "subject": {
                    "kind": "content",
                    "url": f"https://x.com/handle_{subject % 9973}/status/{_FIRST_POST + subject}",
                },
                "content": {"kind": "post", "text": f"{subject}: {text}", "language": "ur"},
                "author": {"id": str(subject % 9973 + 1), "handle": f"handle_{subject % 9973}"},
                "reach": {"views": number % 9973, "observed_at": "2026-11-20T09:10:00Z"},
            }
        )


class Client:
    """Counts what was accepted and what was not, by the answers alone."""

    def __init__(self, connections: list[Connection], key: str, lines: Lines) -> None:
        self._idle = connections
        self._key = key
        self._lines = lines
        self.accepted = 0
        self.refused = 0

    async def send(self, connection: Connection, count: int) -> None:
        request = post(
            "/v1/reports/bulk",
            self._lines.take(count),
            key=self._key,
            media_type="application/x-ndjson",
        )
        answer = await connection.ask(request)
        accepted = answer.body.count(_TAKEN) if answer.status == 200 else 0
        self.accepted += accepted
        self.refused += count - accepted

    async def keep_full(
        self, *, lines: int, most: int, seconds: float, taken: Callable[[], int]
    ) -> None:
        """As fast as it goes, but with never more than about `most` on their way."""
        deadline = time.monotonic() + seconds

        async def one(connection: Connection) -> None:
            while time.monotonic() < deadline:
                if self.accepted - taken() < most:
                    await self.send(connection, lines)
                else:
                    await asyncio.sleep(0.01)

        await asyncio.gather(*map(one, self._idle))

    async def hold_rate(self, *, rate: float, every: float, seconds: float) -> None:
        """Open loop: a request `every` so many seconds, whatever became of those before it. One
        that finds no idle connection waits for one.
        """
        idle: asyncio.Queue[Connection] = asyncio.Queue()
        for connection in self._idle:
            idle.put_nowait(connection)

        async def one(count: int) -> None:
            connection = await idle.get()
            await self.send(connection, count)
            idle.put_nowait(connection)

        began = time.monotonic()
        sent = 0
        async with asyncio.TaskGroup() as group:
            for turn in range(1, round(seconds / every) + 1):
                await asyncio.sleep(max(0.0, began + turn * every - time.monotonic()))
                due = int(rate * every * turn)
                if due > sent:
                    group.create_task(one(due - sent))
                sent = max(sent, due)


@asynccontextmanager
async def client(port: int, key: str, prefix: str) -> AsyncIterator[Client]:
    loop = asyncio.get_running_loop()
    connections = [
        (await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(CONNECTIONS)
    ]
    try:
        yield Client(connections, key, Lines(prefix))
    finally:
        for connection in connections:
            connection.close()

"""The process that posts: `python -m tests.load.generator PORT RATE SECONDS PREFIX OUT`, key in
MIZAN_LOAD_KEY.

Open loop: each report has a moment at which it is meant to be sent, whatever became of those before
it, and its latency counts from then. A report that finds no free connection waits for one, and is
late by as long. A line of OUT is [moment meant, in seconds since 1970; latency in microseconds;
status, 0 for none].
"""

import asyncio
import os
import sys
import time
from collections import deque
from pathlib import Path

import orjson
import uvloop

from tests.bench.edge.bodies import Bodies, make_bodies
from tests.bench.edge.client import Connection, post

CONNECTIONS = 256
LEAD_SECONDS = 0.5

Line = tuple[float, int, int]


class Generator:
    """Connections are made as they are needed and used again."""

    def __init__(self, port: int, key: str, prefix: str) -> None:
        self._port = port
        self._key = key
        self._prefix = prefix
        self._bodies: Bodies = make_bodies()
        self._idle: deque[Connection] = deque()
        self._places = asyncio.Semaphore(CONNECTIONS)
        self.lines: list[Line] = []

    async def run(self, rate: float, seconds: float) -> None:
        """Returns when everything is answered."""
        began = time.time() + LEAD_SECONDS
        async with asyncio.TaskGroup() as group:
            for number in range(int(rate * seconds)):
                meant = began + number / rate
                early = meant - time.time()
                if early > 0:
                    await asyncio.sleep(early)
                group.create_task(self._send(number, meant))
        for connection in self._idle:
            connection.close()

    async def _send(self, number: int, meant: float) -> None:
        body = self._bodies.report(self._prefix, number)
        request = post("/v1/reports", body, key=self._key, media_type="application/json")
        async with self._places:
            status = await self._ask(request)
        self.lines.append((meant, int((time.time() - meant) * 1e6), status))

    async def _ask(self, request: bytes) -> int:
        try:
            connection = self._idle.pop() if self._idle else await self._connect()
            answer = await connection.ask(request)
        except OSError:
            return 0
        self._idle.append(connection)
        return answer.status

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(Connection, "127.0.0.1", self._port)
        return connection


async def generate(port: int, rate: float, seconds: float, prefix: str) -> list[Line]:
    generator = Generator(port, os.environ["MIZAN_LOAD_KEY"], prefix)
    await generator.run(rate, seconds)
    return generator.lines


def main(port: str, rate: str, seconds: str, prefix: str, out: str) -> None:
    lines = uvloop.run(generate(int(port), float(rate), float(seconds), prefix))
    Path(out).write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))


if __name__ == "__main__":
    main(*sys.argv[1:])

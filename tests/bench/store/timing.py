"""The same work by several clients at once, each turn timed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Timed:
    """Rates are turns a second of all clients together."""

    rate: float
    p50_milliseconds: float
    p99_milliseconds: float


async def timed(turn: Callable[[int], Awaitable[None]], *, clients: int, seconds: float) -> Timed:
    """`turn` is given the number of its client."""
    latencies: list[float] = []
    began = time.perf_counter()
    deadline = began + seconds

    async def work(client: int) -> None:
        while (start := time.perf_counter()) < deadline:
            await turn(client)
            latencies.append(time.perf_counter() - start)

    await asyncio.gather(*(work(client) for client in range(clients)))
    rate = len(latencies) / (time.perf_counter() - began)
    latencies.sort()
    return Timed(rate, 1000 * median(latencies), 1000 * latencies[int(len(latencies) * 0.99)])

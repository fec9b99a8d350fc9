"""`python -m tests.bench.way`: what the whole way carries, in a table and in var/bench-way.json.

A stack of its own as `make run` starts it, filled by bulk requests: as many reports as it takes
for a minute, with never more than so many on their way, then half of what came out at the far end,
open loop. In about three minutes. Exit status 0 whatever the figures are; 1 when a report was
refused or never seen, because then they mean nothing.
"""

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import orjson
import psutil
import uvloop

from tests.bench.way.figures import Run, Seen, Window, latencies, sustained
from tests.bench.way.posting import client
from tests.load.watching import key_of, raise_limit, seen
from tests.running_stack import Ready, RunningStack

WARM_SECONDS, FULL_SECONDS = 20.0, 60.0
HALF_WARM_SECONDS, HALF_SECONDS, EVERY_SECONDS = 5.0, 30.0, 0.1
LINES = 250
MOST_ON_THEIR_WAY = 6_000
MOST_RATE = 20_000.0
LOOK_SECONDS = 0.1


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def busy_seconds(ready: Ready) -> dict[str, float]:
    """Of the processor, by process with its children, and of this one, which posts."""
    found = {"client": sum(psutil.Process().cpu_times()[:2])}
    for process in ready["processes"]:
        parent = psutil.Process(process["pid"])
        found[process["name"]] = sum(
            sum(one.cpu_times()[:2]) for one in (parent, *parent.children(recursive=True))
        )
    return found


async def busy_within(ready: Ready, window: Window) -> dict[str, float]:
    """Seconds of the processor that each used, known when the window is over."""
    await asyncio.sleep(window.begin - time.time())
    before = busy_seconds(ready)
    await asyncio.sleep(window.end - time.time())
    after = busy_seconds(ready)
    return {name: max(0.0, seconds - before.get(name, 0.0)) for name, seconds in after.items()}


@contextlib.asynccontextmanager
async def far_end(ready: Ready) -> AsyncIterator[Callable[[], int]]:
    """How many records the sink has taken since then, a tenth of a second old."""
    connection = await asyncpg.connect(ready["database_url"])
    first = int(await connection.fetchval(_TAKEN))
    taken = first

    async def look() -> None:
        nonlocal taken
        while True:
            taken = int(await connection.fetchval(_TAKEN))
            await asyncio.sleep(LOOK_SECONDS)

    looking = asyncio.create_task(look())
    try:
        yield lambda: taken - first
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        await connection.close()


async def measure(ready: Ready) -> Run:
    port = int(ready["ingest_url"].rsplit(":", 1)[1])
    say(f"as much as it takes, for {WARM_SECONDS + FULL_SECONDS:.0f} s")
    async with client(port, key_of(ready), "full") as full, far_end(ready) as taken:
        begin = time.time() + WARM_SECONDS
        window = Window(begin, begin + FULL_SECONDS)
        busy_then = asyncio.create_task(busy_within(ready, window))
        seconds = WARM_SECONDS + FULL_SECONDS
        await full.keep_full(lines=LINES, most=MOST_ON_THEIR_WAY, seconds=seconds, taken=taken)
        busy = await busy_then
    rows = await visible(ready, "full", full.accepted)
    held = sustained(rows, window)
    rate = held.rate / 2
    say(f"{held.rate:,.0f} reports/s; half of it for {HALF_WARM_SECONDS + HALF_SECONDS:.0f} s")
    async with client(port, key_of(ready), "half") as half:
        begin = time.time() + HALF_WARM_SECONDS
        seconds = HALF_WARM_SECONDS + HALF_SECONDS
        await half.hold_rate(rate=rate, every=EVERY_SECONDS, seconds=seconds)
    half_rows = await visible(ready, "half", half.accepted)
    return Run(
        machine=f"load average {os.getloadavg()[0]:.1f}",
        cores=len(os.sched_getaffinity(0)),
        lines=LINES,
        held=held,
        busy=busy,
        half_rate=rate,
        half_seconds=HALF_SECONDS,
        half=latencies(half_rows, Window(begin, begin + HALF_SECONDS)),
        refused=full.refused + half.refused,
        unseen=full.accepted + half.accepted - len(rows) - len(half_rows),
    )


async def visible(ready: Ready, prefix: str, accepted: int) -> list[Seen]:
    """Waits for all."""
    return [
        (moment, moment + microseconds / 1e6)
        for moment, microseconds in await seen(ready, prefix, accepted)
    ]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="mizan-bench-") as folder:
        stack = RunningStack(Path(folder) / "var")
        try:
            say("starting a stack")
            ready = stack.start()
            raise_limit(ready, MOST_RATE)
            run = uvloop.run(measure(ready))
        finally:
            stack.clean_up()
    print(run.table())
    file = Path(os.environ.get("MIZAN_VAR", "var")) / "bench-way.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(orjson.dumps(run.summary(), option=orjson.OPT_INDENT_2))
    print(f"written to {file}")
    if not run.believable:
        lost = f"{run.refused} reports were refused, {run.unseen} accepted and never seen"
        print(f"{lost}: these figures mean nothing", file=sys.stderr)
    return 0 if run.believable else 1


_TAKEN = "select coalesce(sum(next_offset), 0) from consumer_positions where consumer = 'sink'"

if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.bench.store`: what the review store carries, whether little waits or much.

A table, var/bench-store.json and a plot in var/bench-store.svg, in some minutes, most of which go
into making the largest backlog.

A durable database and a broker of their own; 8 clients in one process, which shares the machine's
cores with both. Clients that are more than `--connections` wait in line for one, and that counts.
Rounds at each size follow each other, so that what else the machine does meets all alike. Exit
status 0 whatever the figures are.
"""

import argparse
import contextlib
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

import orjson
import uvloop

from deploy.local.postgres import Server
from shared.collector import tune_collector
from tests.bench.plot import svg
from tests.bench.store.backlog import LANGUAGES, Store, bench_server, store
from tests.bench.store.reviewing import CLIENTS, claims, decisions
from tests.bench.store.sinking import fill_topic, sink_rate
from tests.bench.store.timing import Timed
from tests.own_broker import own_broker

SIZES = (10_000, 200_000, 2_000_000)
ROUNDS = 3
DECISIONS = 2_500
SINK_REPORTS = 20_000

Found = dict[int, dict[str, float]]


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


async def measure(
    server: Server, bootstrap: str, sizes: tuple[int, ...], *, connections: int
) -> Found:
    """By size of the backlog."""
    say(f"filling a topic with {SINK_REPORTS:,} scored reports")
    await fill_topic(bootstrap, SINK_REPORTS)
    async with contextlib.AsyncExitStack() as stack:
        stores: list[Store] = []
        for size in sizes:
            say(f"making a backlog of {size:,}")
            made = await stack.enter_async_context(store(server, size, connections=connections))
            stores.append(made)
        claimed: dict[int, list[Timed]] = {size: [] for size in sizes}
        decided: dict[int, list[Timed]] = {size: [] for size in sizes}
        for number in range(ROUNDS):
            say(f"round {number + 1} of {ROUNDS}")
            for each in stores:
                claimed[each.entries].append(await claims(each))
            for each in stores:
                decided[each.entries].append(await decisions(each, DECISIONS))
        found: Found = {}
        for each in stores:
            say(f"the sink before a backlog of {each.entries:,}")
            found[each.entries] = {
                **_middle("claims", claimed[each.entries]),
                **_middle("decisions", decided[each.entries]),
                "sink_per_second": round(await sink_rate(each, bootstrap, SINK_REPORTS), 1),
            }
        return found


def _middle(name: str, rounds: list[Timed]) -> dict[str, float]:
    return {
        f"{name}_per_second": round(median(one.rate for one in rounds), 1),
        f"{name}_p50_ms": round(median(one.p50_milliseconds for one in rounds), 1),
        f"{name}_p99_ms": round(median(one.p99_milliseconds for one in rounds), 1),
    }


def table(found: Found, *, connections: int) -> str:
    """A row a figure, a column a size; the last column is the cost at the largest in terms of the
    smallest.
    """
    sizes = sorted(found)
    least, most = sizes[0], sizes[-1]
    lines = [f"{'waiting':<22}" + "".join(f"{size:>12,}" for size in sizes) + f"{'cost':>8}"]
    for name in found[least]:
        first, last = found[least][name], found[most][name]
        cost = first / last if name.endswith("_per_second") else last / first
        lines.append(
            f"{name.replace('_', ' '):<22}"
            + "".join(f"{found[size][name]:>12,.1f}" for size in sizes)
            + f"{cost:>7.2f}x"
        )
    how = f"{CLIENTS} clients on {connections} connections, {len(LANGUAGES)} lanes"
    how += f", medians of {ROUNDS} rounds"
    return "\n".join([*lines, f"{how}; load average {os.getloadavg()[0]:.1f}"])


def drawn(found: Found) -> str:
    """Rates at each size, that at the smallest being 1."""
    sizes = sorted(found)
    lines = {
        name: [
            (float(size), found[size][f"{name}_per_second"] / found[sizes[0]][f"{name}_per_second"])
            for size in sizes
        ]
        for name in ("claims", "decisions", "sink")
    }
    return svg(
        "Rate against what waits",
        lines,
        across="entries that wait",
        up=f"of the rate with {sizes[0]:,}",
        logarithmic=True,
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.store", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--connections", type=int, default=CLIENTS)
    given = parser.parse_args(arguments)
    sizes, connections = tuple(given.sizes), int(given.connections)
    tune_collector()  # as the processes do whose work is measured
    with (
        tempfile.TemporaryDirectory(prefix="mizan-bench-") as folder,
        own_broker(Path(folder)) as broker,
        bench_server(Path(folder)) as server,
    ):
        found = uvloop.run(measure(server, broker.bootstrap, sizes, connections=connections))
    print(table(found, connections=connections))
    var = Path(os.environ.get("MIZAN_VAR", "var"))
    var.mkdir(parents=True, exist_ok=True)
    document = {str(size): figures for size, figures in found.items()}
    (var / "bench-store.json").write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    (var / "bench-store.svg").write_text(drawn(found))
    print(f"written to {var / 'bench-store.json'} and {var / 'bench-store.svg'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

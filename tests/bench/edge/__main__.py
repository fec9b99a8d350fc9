"""`make bench`: figures of the report edge, as a table and in var/bench.json, in two minutes.

A broker of its own, with the product's topics (each record flushed before its acknowledgement),
the edge as production starts it, and beside it the bare echo. Exit status 0 whatever the figures
are; 1 when a report was refused, because then they mean nothing.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import orjson
import uvloop

from deploy.local.launch import listening
from tests.bench.edge.bodies import Bodies, make_bodies
from tests.bench.edge.client import Answer, Work, load, post
from tests.bench.edge.figures import Figures, Paced, Run, paced
from tests.bench.edge.machine import Cores, cpu_seconds, find_cores
from tests.builders.reference import api_key, platform_record, policy_record
from tests.edge_process import ROOT, EdgeProcess, edge_process, publish_reference
from tests.load.generator import Generator
from tests.own_broker import own_broker
from tests.ports import free_port
from tests.waiting import eventually_true

KEY = "mz_live_bench"
ROUNDS = 5
WARM_SECONDS, SINGLE_SECONDS, BULK_SECONDS = 2.0, 4.0, 6.0
HALF_SECONDS = 10.0
CONNECTIONS = 64
BULK_CONNECTIONS, BULK_LINES = 4, 1000
_TAKEN = b'"status":202'


@dataclass(frozen=True)
class Measured:
    """A process under load."""

    pid: int
    port: int

    async def load(self, work: Work, *, connections: int, seconds: float) -> Figures:
        before = cpu_seconds(self.pid)
        outcome = await load(self.port, work, connections=connections, seconds=seconds)
        spent = cpu_seconds(self.pid) - before
        return Figures(
            rate=outcome.rate,
            cpu_microseconds=spent * 1e6 / max(outcome.accepted, 1),
            p50_milliseconds=outcome.quantile(0.5) * 1000,
            p99_milliseconds=outcome.quantile(0.99) * 1000,
            refused=outcome.refused,
        )


def single_work(bodies: Bodies, prefix: str) -> Work:
    def request(number: int) -> bytes:
        body = bodies.report(prefix, number)
        return post("/v1/reports", body, key=KEY, media_type="application/json")

    return Work(request, lambda answer: int(answer.status == 202))


def bulk_work(bodies: Bodies, prefix: str) -> Work:
    def request(number: int) -> bytes:
        body = bodies.lines(prefix, number * BULK_LINES, BULK_LINES)
        return post("/v1/reports/bulk", body, key=KEY, media_type="application/x-ndjson")

    def accepted(answer: Answer) -> int:
        return answer.body.count(_TAKEN) if answer.status == 200 else 0

    return Work(request, accepted, BULK_LINES)


async def at_half_the_rate(port: int, singles: Sequence[Figures]) -> Paced:
    rate = median(one.rate for one in singles) / 2
    generator = Generator(port, KEY, "half")
    await generator.run(rate, HALF_SECONDS)
    answers = [(latency, status) for _, latency, status in generator.lines]
    return paced(rate, HALF_SECONDS, answers)


@contextlib.contextmanager
def echo_process(bootstrap: str, cores: Cores) -> Iterator[Measured]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.edge.echo", bootstrap, str(port)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
    )
    cores.bind_measured(process.pid)
    try:
        eventually_true(lambda: listening(port), within_seconds=30, what="the echo listens")
        yield Measured(process.pid, port)
    finally:
        process.kill()
        process.wait(10)


async def measure(edge: EdgeProcess, echo: Measured, cores: Cores) -> Run:
    bodies = make_bodies()
    measured = Measured(edge.process.pid, edge.port)
    for name, process in (("echo", echo), ("edge", measured)):
        warm = single_work(bodies, f"warm-{name}")
        await process.load(warm, connections=CONNECTIONS, seconds=WARM_SECONDS)
    echoed: list[Figures] = []
    singles: list[Figures] = []
    bulks: list[Figures] = []
    for turn in range(ROUNDS):
        print(f"round {turn + 1} of {ROUNDS}", file=sys.stderr)
        for process, into in ((echo, echoed), (measured, singles)):
            work = single_work(bodies, f"single-{turn}")
            into.append(await process.load(work, connections=CONNECTIONS, seconds=SINGLE_SECONDS))
        work = bulk_work(bodies, f"bulk-{turn}")
        bulks.append(await measured.load(work, connections=BULK_CONNECTIONS, seconds=BULK_SECONDS))
    half = await at_half_the_rate(edge.port, singles)
    return Run(
        machine=f"{cores.says}; load average {os.getloadavg()[0]:.1f}",
        body_bytes=bodies.mean_bytes,
        connections=CONNECTIONS,
        echo=echoed,
        single=singles,
        half=half,
        bulk_lines=BULK_LINES,
        bulk_connections=BULK_CONNECTIONS,
        bulk=bulks,
    )


def run_bench(folder: Path) -> Run:
    cores = find_cores()
    cores.bind_rest()
    with own_broker(folder) as broker:
        platform = platform_record("x", keys=[api_key(KEY)], reports_per_second=1e6)
        policy = policy_record("terrorism")
        uvloop.run(publish_reference(broker.bootstrap, platforms=[platform], policies=[policy]))
        with (
            edge_process(broker.bootstrap, folder) as edge,
            echo_process(broker.bootstrap, cores) as echo,
        ):
            cores.bind_measured(edge.process.pid)
            edge.wait_ready()
            return uvloop.run(measure(edge, echo, cores))


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="mizan-bench-") as folder:
        run = run_bench(Path(folder))
    print(run.table())
    file = Path(os.environ.get("MIZAN_VAR", "var")) / "bench.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(orjson.dumps(run.summary(), option=orjson.OPT_INDENT_2))
    print(f"written to {file}")
    if run.refused:
        print(f"{run.refused} reports were refused: these figures mean nothing", file=sys.stderr)
    return 1 if run.refused else 0


if __name__ == "__main__":
    sys.exit(main())

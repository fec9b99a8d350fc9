"""`make load`: a steady rate on a stack of its own, open loop, and what clients and reviewers wait.

Writes to var/: load.json with figures and breaches, load.svg, and two logs of HdrHistogram. Ends
with 0 when no goal is breached, 1 otherwise.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import orjson

from tests.load.figures import Found, Goals, found_in
from tests.load.watching import key_of, raise_limit, seen
from tests.running_stack import ROOT, Ready, RunningStack

WARM_RATE, WARM_SECONDS = 20.0, 5.0


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def post(ready: Ready, folder: Path, prefix: str, rate: float, seconds: float) -> Path:
    """Runs the generator. What it wrote."""
    out = folder / f"{prefix}.jsonl"
    port = ready["ingest_url"].rsplit(":", 1)[1]
    subprocess.run(
        [
            *(sys.executable, "-m", "tests.load.generator"),
            *(port, str(rate), str(seconds), prefix, str(out)),
        ],
        cwd=ROOT,
        env={**os.environ, "MIZAN_LOAD_KEY": key_of(ready)},
        check=True,
    )
    return out


def run(rate: float, seconds: float, folder: Path) -> Found:
    stack = RunningStack(folder / "var")
    try:
        say("starting a stack")
        ready = stack.start()
        raise_limit(ready, rate)
        post(ready, folder, "warm", WARM_RATE, WARM_SECONDS)
        say(f"{rate:,.0f} reports a second for {seconds:,.0f} s")
        out = post(ready, folder, "load", rate, seconds)
        posted = [orjson.loads(line) for line in out.read_bytes().splitlines()]
        accepted = sum(status == 202 for _, _, status in posted)
        say(f"{accepted:,} accepted; waiting until all are visible")
        return found_in(rate, seconds, posted, asyncio.run(seen(ready, "load", accepted)))
    finally:
        stack.clean_up()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make load ARGS=...", description=__doc__)
    parser.add_argument("--rate", type=float, default=100.0, help="reports a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--post-p99", type=float, default=Goals.post_p99, help="milliseconds")
    parser.add_argument("--visible-p99", type=float, default=Goals.visible_p99, help="milliseconds")
    given = parser.parse_args(arguments)
    goals = Goals(given.post_p99, given.visible_p99)
    with tempfile.TemporaryDirectory(prefix="mizan-load-") as folder:
        found = run(given.rate, given.seconds, Path(folder))
    print(found.table(goals))
    var = Path(os.environ.get("MIZAN_VAR", "var"))
    var.mkdir(parents=True, exist_ok=True)
    document = orjson.dumps(found.document(goals), option=orjson.OPT_INDENT_2)
    (var / "load.json").write_bytes(document)
    (var / "load.svg").write_text(found.plot())
    for name, latencies in (("post", found.post), ("visible", found.visible)):
        with (var / f"load-{name}.hlog").open("w") as log:
            latencies.write_log(log, began=found.began)
    print(f"written to {var}/load.json, load.svg, load-post.hlog and load-visible.hlog")
    return 1 if found.breaches(goals) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m tests.chaos`: one run with figures, as long as one likes.

Ends with 0 when every promise was kept, 1 when one was broken or too little was in flight.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

import orjson

from tests.chaos.plan import Options, Role
from tests.chaos.run import run

RESULT = Path("var/chaos.json")


def options(arguments: list[str]) -> tuple[Options, Path | None]:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=Options.seed)
    parser.add_argument("--reports", type=int, default=Options.reports)
    parser.add_argument("--kills", type=int, default=Options.kills, help=f"at least {len(Role)}")
    parser.add_argument("--keep", type=Path, help="folder for logs and history, else they go")
    chosen = parser.parse_args(arguments)
    return Options(chosen.seed, chosen.reports, chosen.kills), chosen.keep


def main(arguments: list[str]) -> int:
    chosen, keep = options(arguments)
    with tempfile.TemporaryDirectory(prefix="mizan-chaos-") as scratch:
        folder = keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        outcome = asyncio.run(run(chosen, folder, lambda said: print(said, flush=True)))
    print(outcome.text())
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_bytes(orjson.dumps(outcome.document(), option=orjson.OPT_INDENT_2))
    return 0 if outcome.good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

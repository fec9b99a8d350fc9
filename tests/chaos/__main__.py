"""`python -m tests.chaos`: the long form, an hour with a bar that shows how far it is, and a report
in var/chaos.json and var/chaos.txt. `--short` is the one of `make test`.

Ends with 0 when every promise was kept, 1 when one was broken or too little was in flight.
"""

import argparse
import asyncio
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import orjson
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.chaos.plan import LONG, SHORT, Options, Role, plan
from tests.chaos.run import run
from tests.chaos.summary import Outcome

REPORT = Path("var/chaos.json")


def chosen_by(arguments: list[str]) -> tuple[Options, Path | None]:
    """The options, and the folder that is kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--short", action="store_true", help="as in make test")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--reports", type=int)
    parser.add_argument("--kills", type=int, help=f"at least {len(Role)}")
    parser.add_argument("--outage-seconds", type=float, help="of the broker and of the database")
    parser.add_argument("--keep", type=Path, help="folder for logs and history, else they go")
    given = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value}
    keep = given.pop("keep", None)
    base = SHORT if given.pop("short", False) else LONG
    return replace(base, **given), keep


async def run_with_bar(options: Options, folder: Path) -> Outcome:
    columns = (TextColumn("kills"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as bar:
        task = bar.add_task("kills", total=len(plan(options)))
        return await run(options, folder, bar.console.print, lambda: bar.advance(task))


def main(arguments: list[str]) -> int:
    options, keep = chosen_by(arguments)
    with tempfile.TemporaryDirectory(prefix="mizan-chaos-") as scratch:
        folder = keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        outcome = asyncio.run(run_with_bar(options, folder))
    print(outcome.text())
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_bytes(orjson.dumps(outcome.document(), option=orjson.OPT_INDENT_2))
    REPORT.with_suffix(".txt").write_text(outcome.text() + "\n")
    return 0 if outcome.good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Runs the checks and the tiers of tests: `python -m tests.tiers check|test|chaos [tier ...]`.

While a tier runs its progress is told; then there is one summary line a tier, and a plain last line
with the sums. A tier is dealt to several processes, each with a broker, a database and a folder of
its own. A skipped test counts as failed. A tier without tests is named as empty.

`python -m tests.tiers weigh [tier ...]` also writes down how long each file took, by which the next
runs deal.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial

from tests.dealing import ROOT, dealt, files_of, measured, remember
from tests.progress import Progress, Screen, standard_screen
from tests.pytest_run import BIN, run_files

STATIC: dict[str, tuple[str, ...]] = {
    "types": ("mypy",),
    "format": ("ruff", "format", "--check", "--quiet", "."),
    "lint": ("ruff", "check", "--quiet", "."),
    "imports": ("lint-imports", "--no-logo"),
}
SHARES = {"check": 2, "integration": 3, "browser": 1, "chaos": 1}
CHECK = ("check",)
# The tiers of a stage run side by side. Chaos runs alone: it is about processes at work.
STAGES = (CHECK, ("integration", "browser"), ("chaos",))
COMMANDS = {"check": (CHECK,), "test": STAGES, "chaos": (("chaos",),), "weigh": STAGES}


@dataclass(frozen=True)
class Outcome:
    """Of a tier. `output` is empty unless there is something to read."""

    name: str
    passed: int
    failed: int
    seconds: float
    output: str = ""
    of_files: Mapping[str, float] = field(default_factory=dict)

    def line(self) -> str:
        if not self.passed and not self.failed:
            return f"{self.name:<12} no tests yet ({self.seconds:.1f} s)"
        return f"{self.name:<12} {self.passed} passed, {self.failed} failed ({self.seconds:.1f} s)"


def run_static(name: str) -> Outcome:
    began = time.monotonic()
    command = STATIC[name]
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    good = done.returncode == 0
    output = "" if good else done.stdout + done.stderr
    return Outcome(name, int(good), int(not good), time.monotonic() - began, output)


def run_tier(name: str, screen: Screen) -> Outcome:
    """In as many processes as it has shares."""
    began = time.monotonic()
    shares = dealt(files_of(name), SHARES[name], measured())
    title = "tests" if name == "check" else name
    if not shares:
        return Outcome(title, 0, 0, 0.0)
    progress = Progress(title, screen, shares=len(shares))
    with ThreadPoolExecutor(len(shares)) as pool:
        runs = [
            pool.submit(run_files, files, partial(progress.take, share=number))
            for number, files in enumerate(shares)
        ]
    counted = [run.result() for run in runs]
    return Outcome(
        title,
        sum(share.passed for share in counted),
        sum(share.failed for share in counted),
        time.monotonic() - began,
        "".join(share.output for share in counted),
        {file: took for share in counted for file, took in share.seconds.items()},
    )


def run_stage(tiers: Sequence[str], screen: Screen) -> Iterator[Outcome]:
    """Everything of it side by side, each shown as it ends: mypy is as long as the tests are."""
    work: list[Callable[[], Outcome]] = [partial(run_tier, tier, screen) for tier in tiers]
    if "check" in tiers:
        work += [partial(run_static, name) for name in STATIC]
    with ThreadPoolExecutor(len(work)) as pool:
        for done in as_completed([pool.submit(each) for each in work]):
            yield shown(done.result(), screen)


def shown(outcome: Outcome, screen: Screen) -> Outcome:
    if outcome.output:
        screen.line(outcome.output.rstrip())
    screen.line(outcome.line())
    return outcome


def main(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] not in COMMANDS:
        print(__doc__, file=sys.stderr)
        return 2
    command, *chosen = arguments
    began = time.monotonic()
    screen = standard_screen()
    outcomes: list[Outcome] = []
    for stage in COMMANDS[command]:
        tiers = [tier for tier in stage if not chosen or tier in chosen]
        if tiers:
            outcomes += run_stage(tiers, screen)
    if command == "weigh":
        took = {file: seconds for outcome in outcomes for file, seconds in outcome.of_files.items()}
        remember(took)
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    print(f"took {time.monotonic() - began:.0f} s")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

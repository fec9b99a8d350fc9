"""Runs the checks and the tiers of tests: `python -m tests.tiers check|test|chaos [tier ...]`.

While a tier runs its progress is told; then there is one summary line a tier, and a plain last line
with the sums. A skipped test counts as failed. A
tier without tests is named as empty.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.progress import Progress, Screen, standard_screen

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
NO_TESTS_COLLECTED = 5
CHECK_SHARES = 2

STATIC: dict[str, tuple[str, ...]] = {
    "format": ("ruff", "format", "--check", "--quiet", "."),
    "lint": ("ruff", "check", "--quiet", "."),
    "imports": ("lint-imports", "--no-logo"),
    "types": ("mypy",),
}
TIERS: dict[str, tuple[str, ...]] = {
    "check": ("tests/architecture", "tests/unit", "tests/contract"),
    "integration": ("tests/integration",),
    "browser": ("tests/browser",),
    "chaos": ("tests/chaos",),
}
COMMANDS: dict[str, tuple[str, ...]] = {
    "check": ("check",),
    "test": ("check", "integration", "browser", "chaos"),
    "chaos": ("chaos",),
}


@dataclass(frozen=True)
class Outcome:
    """Of a tier. `output` is empty unless there is something to read."""

    name: str
    passed: int
    failed: int
    seconds: float
    output: str = ""

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


def run_tier(name: str, files: Sequence[str], screen: Screen) -> Outcome:
    """Runs pytest over the files and counts from its JUnit report."""
    began = time.monotonic()
    if not files:
        return Outcome(name, 0, 0, 0.0)
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.xml"
        # a folder of its own: pytest tidies up the one that all runs of a user share
        options = ("-v", f"--junitxml={report}", f"--basetemp={scratch}/tmp")
        command = (sys.executable, "-m", "pytest", *options, *files)
        returncode, lines = followed(command, Progress(name, screen))
        passed, failed = count(report) if report.exists() else (0, 1)
    if returncode not in {0, NO_TESTS_COLLECTED}:
        failed = max(failed, 1)
    output = "".join(complaints(lines)) if failed else ""
    return Outcome(name, passed, failed, time.monotonic() - began, output)


def followed(command: Sequence[str], progress: Progress) -> tuple[int, list[str]]:
    """Exit status and all lines of the command, each shown to `progress` as it comes."""
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            progress.take(line.rstrip())
    return process.returncode, lines


def complaints(lines: Sequence[str]) -> Sequence[str]:
    """What there is to read of a run that failed: all after the list of single tests."""
    headings = (" ERRORS ", " FAILURES ")
    for place, line in enumerate(lines):
        if line.startswith("=") and any(heading in line for heading in headings):
            return lines[place:]
    return lines


def count(report: Path) -> tuple[int, int]:
    """(passed, failed); what was skipped or broke in a fixture is failed."""
    passed = failed = 0
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 — our own file
        if any(case.find(kind) is not None for kind in ("failure", "error", "skipped")):
            failed += 1
        else:
            passed += 1
    return passed, failed


def run_check(screen: Screen) -> list[Outcome]:
    """Everything side by side: mypy is as long as the tests are on two cores."""
    with ThreadPoolExecutor(1 + CHECK_SHARES) as pool:
        types = pool.submit(run_static, "types")
        tests = [
            pool.submit(run_tier, f"tests {number}/{CHECK_SHARES}", share, screen)
            for number, share in enumerate(dealt(files_of("check"), CHECK_SHARES), 1)
        ]
        others = [shown(run_static(name), screen) for name in STATIC if name != "types"]
        return others + [shown(future.result(), screen) for future in (*tests, types)]


def files_of(tier: str) -> list[str]:
    """Of a tier, in a fixed order."""
    return sorted(
        str(file.relative_to(ROOT))
        for folder in TIERS[tier]
        for file in (ROOT / folder).rglob("test_*.py")
    )


def dealt(files: Sequence[str], shares: int) -> list[Sequence[str]]:
    """Each file to one share, like cards."""
    return [files[first::shares] for first in range(shares)]


def shown(outcome: Outcome, screen: Screen) -> Outcome:
    if outcome.output:
        screen.line(outcome.output.rstrip())
    screen.line(outcome.line())
    return outcome


def main(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] not in COMMANDS:
        print(__doc__, file=sys.stderr)
        return 2
    tiers = arguments[1:] or COMMANDS[arguments[0]]
    began = time.monotonic()
    screen = standard_screen()
    outcomes: list[Outcome] = []
    for tier in tiers:
        if tier == "check":
            outcomes += run_check(screen)
        else:
            outcomes.append(shown(run_tier(tier, files_of(tier), screen), screen))
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    print(f"took {time.monotonic() - began:.0f} s")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

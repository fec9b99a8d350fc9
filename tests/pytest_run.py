"""One pytest process over some files: followed while it runs, counted from its JUnit report."""

import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
NO_TESTS_COLLECTED = 5


@dataclass(frozen=True)
class Counted:
    """`seconds` are those of each file. `output` is empty unless there is something to read."""

    passed: int
    failed: int
    seconds: Mapping[str, float] = field(default_factory=dict)
    output: str = ""


def run_files(files: Sequence[str], hear: Callable[[str], None]) -> Counted:
    """`hear` is told each line as it comes. Blocks to the end."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.xml"
        # a folder of its own: pytest tidies up the one that all runs of a user share
        options = ("-v", f"--junitxml={report}", f"--basetemp={scratch}/tmp")
        returncode, lines = followed((sys.executable, "-m", "pytest", *options, *files), hear)
        counted = count(report) if report.exists() else Counted(0, 1)
    failed = counted.failed
    if returncode not in {0, NO_TESTS_COLLECTED}:
        failed = max(failed, 1)
    output = "".join(complaints(lines)) if failed else ""
    return Counted(counted.passed, failed, counted.seconds, output)


def followed(command: Sequence[str], hear: Callable[[str], None]) -> tuple[int, list[str]]:
    """Exit status and all lines of the command."""
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
            hear(line.rstrip())
    return process.returncode, lines


def complaints(lines: Sequence[str]) -> Sequence[str]:
    """What there is to read of a run that failed: all after the list of single tests."""
    headings = (" ERRORS ", " FAILURES ")
    for place, line in enumerate(lines):
        if line.startswith("=") and any(heading in line for heading in headings):
            return lines[place:]
    return lines


def count(report: Path) -> Counted:
    """What was skipped or broke in a fixture is failed."""
    passed = failed = 0
    seconds: defaultdict[str, float] = defaultdict(float)
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 — our own file
        if any(case.find(kind) is not None for kind in ("failure", "error", "skipped")):
            failed += 1
        else:
            passed += 1
        seconds[case.get("file", "")] += float(case.get("time", 0))
    return Counted(passed, failed, seconds)

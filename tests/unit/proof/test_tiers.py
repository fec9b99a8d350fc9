"""A run says how far it is, and ends with plain lines."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dealing import ROOT, TIERS, dealt, files_of, measured
from tests.progress import EVERY_SECONDS, Progress, Screen
from tests.pytest_run import complaints, count, followed, run_files

DONE = "tests/unit/ingest/test_phones.py::test_a[1 2] PASSED                 [ 41%]"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def ticks(*seconds: float) -> Iterator[float]:
    return iter(seconds)


def test_on_a_terminal_each_test_moves_one_line_that_a_summary_writes_over() -> None:
    out = Terminal()
    screen = Screen(out)
    clock = ticks(0, 2, 3)
    progress = Progress("integration", screen, lambda: next(clock))
    progress.take(DONE)
    progress.take("collecting ...")
    screen.line("integration  1 passed")
    erase = "\r\x1b[K"
    told = f"{erase}integration   41 % after 2 s, tests/unit/ingest/test_phones.py"
    assert out.getvalue() == f"{told}{erase}integration  1 passed\n"


def test_elsewhere_it_is_told_now_and_then_in_plain_lines() -> None:
    out = io.StringIO()
    clock = ticks(0, 1, EVERY_SECONDS, EVERY_SECONDS + 1, 2 * EVERY_SECONDS)
    progress = Progress("browser", Screen(out), lambda: next(clock))
    for _ in range(4):
        progress.take(DONE)
    assert [line.split(" s,")[0] for line in out.getvalue().splitlines()] == [
        "browser       41 % after 15",
        "browser       41 % after 30",
    ]


def test_of_a_failed_run_only_what_explains_it_is_shown() -> None:
    lines = [f"{DONE}\n", "=== FAILURES ===\n", "E assert 1 == 2\n"]
    assert complaints(lines) == lines[1:]
    assert complaints(["no such folder\n"]) == ["no such folder\n"]


def test_shares_of_a_tier_move_one_line_together() -> None:
    out = io.StringIO()
    clock = ticks(0, EVERY_SECONDS, 2 * EVERY_SECONDS)
    progress = Progress("integration", Screen(out), lambda: next(clock), shares=2)
    progress.take(DONE, share=0)
    progress.take(DONE.replace("41%", " 9%"), share=1)
    assert [line.split(" s,")[0] for line in out.getvalue().splitlines()] == [
        "integration   20 % after 15",
        "integration   25 % after 30",
    ]


@pytest.mark.parametrize("status", [0, 3])
def test_a_command_is_followed_to_its_end_and_keeps_its_status(status: int) -> None:
    heard: list[str] = []
    source = f"import sys; print('out'); print('err', file=sys.stderr); sys.exit({status})"
    got = followed((sys.executable, "-c", source), heard.append)
    assert got == (status, ["out\n", "err\n"])
    assert heard == ["out", "err"]


def test_a_share_that_fails_is_counted_and_has_its_output(tmp_path: Path) -> None:
    bad = tmp_path / "test_bad.py"
    bad.write_text("def test_good(): pass\ndef test_bad(): assert 1 == 2\n")
    counted = run_files([str(bad)], lambda _: None)
    assert (counted.passed, counted.failed) == (1, 1)
    assert "assert 1 == 2" in counted.output


def test_a_share_that_cannot_begin_has_failed(tmp_path: Path) -> None:
    counted = run_files([str(tmp_path / "nothing.py")], lambda _: None)
    assert counted.failed == 1
    assert "nothing.py" in counted.output


def test_a_report_gives_the_seconds_of_each_file(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        """<testsuite><testcase file="a.py" time="1.5"/><testcase file="b.py" time="1"/>
        <testcase file="a.py" time="2"><skipped/></testcase></testsuite>"""
    )
    counted = count(report)
    assert (counted.passed, counted.failed) == (2, 1)
    assert counted.seconds == {"a.py": 3.5, "b.py": 1}


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("shares", [1, 3])
def test_every_file_of_tests_is_dealt_to_one_share(tier: str, shares: int) -> None:
    files = files_of(tier)
    assert files
    hands = dealt(files, shares, measured())
    assert all(hands)
    assert sorted(file for hand in hands for file in hand) == files


def test_long_files_are_dealt_so_that_the_shares_end_together() -> None:
    seconds = {"a.py": 60.0, "b.py": 30, "c.py": 25, "d.py": 5}
    assert dealt(sorted(seconds), 2, seconds) == [["a.py"], ["d.py", "c.py", "b.py"]]


def test_files_that_share_a_fixture_stay_together() -> None:
    files = files_of("integration")
    edge = {file for file in files if file.startswith("tests/integration/ingest/")}
    assert len(edge) > 1
    assert [edge & set(hand) for hand in dealt(files, 3, measured())].count(edge) == 1


def test_what_was_measured_are_files_that_are_there() -> None:
    assert [file for file in measured() if not (ROOT / file).exists()] == []

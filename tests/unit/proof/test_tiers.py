"""A run says how far it is, and ends with plain lines."""

import io
import sys
from collections.abc import Iterator

import pytest

from tests.progress import EVERY_SECONDS, Progress, Screen
from tests.tiers import complaints, dealt, files_of, followed

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


@pytest.mark.parametrize("status", [0, 3])
def test_a_command_is_followed_to_its_end_and_keeps_its_status(status: int) -> None:
    progress = Progress("x", Screen(io.StringIO()))
    source = f"import sys; print('out'); print('err', file=sys.stderr); sys.exit({status})"
    assert followed((sys.executable, "-c", source), progress) == (status, ["out\n", "err\n"])


def test_every_file_of_tests_is_dealt_to_one_share() -> None:
    files = files_of("check")
    first, second = dealt(files, 2)
    assert "tests/unit/proof/test_tiers.py" in files
    assert sorted([*first, *second]) == files
    assert abs(len(first) - len(second)) <= 1

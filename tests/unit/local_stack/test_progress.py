"""Whoever starts the stack for the first time sees that it is at work."""

import io

from rich.console import Console

from deploy.local.progress import Steps
from tests.waiting import eventually_true


def test_in_a_log_each_step_has_its_lines_and_a_long_one_is_told_again() -> None:
    out = io.StringIO()
    steps = Steps(Console(file=out, width=100), remind_seconds=0.01)
    with steps.shown(), steps.step("fetching Kafka", "Kafka's jars"):
        eventually_true(lambda: out.getvalue().count("\n") >= 3)
    first, *again, last = out.getvalue().splitlines()
    assert first == "mizan: fetching Kafka"
    assert again
    assert all(line.startswith("mizan: still fetching Kafka (") for line in again)
    assert last.startswith("mizan: Kafka's jars (")


def test_a_long_step_tells_how_far_it_is() -> None:
    out = io.StringIO()
    steps = Steps(Console(file=out, width=100), remind_seconds=0.01)
    with steps.shown(), steps.step("fetching Kafka", "Kafka's jars") as tell:
        tell("7 of 46 files")
        eventually_true(lambda: "still fetching Kafka, 7 of 46 files (0 s)" in out.getvalue())


def test_on_a_terminal_a_running_step_shows_its_time() -> None:
    out = io.StringIO()
    steps = Steps(Console(file=out, width=100, force_terminal=True))
    with steps.shown():
        with steps.step("fetching Kafka", "Kafka's jars"):
            eventually_true(lambda: "fetching Kafka 0:00:0" in plain(out.getvalue()))
        eventually_true(lambda: "✓ Kafka's jars 0:00:0" in plain(out.getvalue()))
    assert "still" not in out.getvalue()


def plain(text: str) -> str:
    return "".join(part.split("m", 1)[-1] for part in text.split("\x1b["))

"""What a load run says of itself: every goal that is breached is named, and none else."""

import contextlib
from pathlib import Path

import pytest
from hdrh.log import HistogramLogReader

from tests.load.figures import Found, Goals, found_in, histogram

NOON = 1_795_000_000.0


def run(*, post: int = 10_000, visible: int = 300_000, status: int = 202, seen: int = 100) -> Found:
    """A hundred reports in ten seconds; the last has the latencies and the status given."""
    posted = [(NOON + number / 10, 5_000, 202) for number in range(99)]
    posted.append((NOON + 9.9, post, status))
    visibles = [(NOON + number / 10, 200_000) for number in range(seen - 1)]
    visibles.append((NOON + 9.9, visible))
    return found_in(10, 10, posted, visibles)


def test_a_good_run_breaches_nothing() -> None:
    assert run().breaches(Goals()) == []


@pytest.mark.parametrize(
    ("found", "what"),
    [
        (run(status=503, seen=99), "refused"),
        (run(status=0, seen=99), "refused"),
        (run(seen=99), "accepted and never visible"),
    ],
)
def test_what_is_refused_or_lost_is_a_breach(found: Found, what: str) -> None:
    assert [breach.what for breach in found.breaches(Goals())] == [what]


@pytest.mark.parametrize(
    ("goals", "what"),
    [
        (Goals(post_p99=4.0), "post p99 ms"),
        (Goals(visible_p99=150.0), "accepted to visible p99 ms"),
    ],
)
def test_a_latency_over_its_goal_is_a_breach(goals: Goals, what: str) -> None:
    assert [breach.what for breach in run().breaches(goals)] == [what]
    assert what in run().table(goals)


def test_a_second_in_which_everybody_waited_shows_in_the_plot_and_in_the_log(
    tmp_path: Path,
) -> None:
    posted = [
        (NOON + number / 10, 900_000 if number >= 90 else 5_000, 202) for number in range(100)
    ]
    found = found_in(10, 10, posted, [(NOON, 200_000)])
    assert dict(found.post.by_second(99))[9] == pytest.approx(900, rel=0.01)
    assert found.plot().startswith("<svg")
    file = tmp_path / "post.hlog"
    with file.open("w") as log:
        found.post.write_log(log, began=found.began)
    counts = []
    with contextlib.closing(HistogramLogReader(str(file), histogram())) as reader:
        while (interval := reader.get_next_interval_histogram()) is not None:
            counts.append(interval.get_total_count())
    assert counts == [10] * 10

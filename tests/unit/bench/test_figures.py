"""The bench compares what was measured side by side, and says plainly what was not reached."""

from tests.bench.edge.bodies import make_bodies
from tests.bench.edge.figures import Figures, Paced, Run, paced


def figures(rate: float) -> Figures:
    return Figures(rate, 125.0, 10.0, 20.0, refused=0)


def run(
    echo: list[float], single: list[float], bulk: list[float], p99: float = 50.0, refused: int = 0
) -> Run:
    return Run(
        machine="a machine",
        body_bytes=1000,
        connections=64,
        echo=[figures(rate) for rate in echo],
        single=[figures(rate) for rate in single],
        half=Paced(single[0] / 2, 10.0, 5.0, p99, refused),
        bulk_lines=1000,
        bulk_connections=4,
        bulk=[figures(rate) for rate in bulk],
    )


def test_a_slow_moment_of_the_machine_does_not_decide_the_ratio() -> None:
    found = run(echo=[3000, 300, 3000], single=[2100, 2100, 2100], bulk=[8000])
    assert found.ratio == 0.7


def test_a_goal_that_was_missed_is_called_missed() -> None:
    missed = run(echo=[1000], single=[790], bulk=[9999], p99=50.1)
    assert missed.table().count("not reached") == 3
    reached = run(echo=[1000], single=[800], bulk=[10_000])
    assert "not reached" not in reached.table()


def test_the_slowest_in_a_hundred_are_told_from_the_moment_they_were_meant_to_be_sent() -> None:
    answers = [(1000 * number, 202) for number in range(1, 201)]
    found = paced(20.0, 10.0, [*answers[:-1], (200_000, 503)])
    assert (found.p50_milliseconds, found.p99_milliseconds, found.refused) == (101.0, 199.0, 1)
    assert paced(20.0, 10.0, []).p99_milliseconds == 0.0


def test_a_report_that_was_refused_at_the_steady_rate_counts_as_any_other() -> None:
    assert run(echo=[1000], single=[800], bulk=[10_000], refused=3).refused == 3


def test_no_two_bodies_have_the_same_id() -> None:
    bodies = make_bodies()
    lines = bodies.lines("a", 0, 500).splitlines() + bodies.lines("a", 500, 500).splitlines()
    assert len(set(lines)) == 1000

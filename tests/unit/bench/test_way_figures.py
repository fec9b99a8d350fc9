"""What comes out of the whole way is counted at its end, and held against the goals."""

from collections.abc import Mapping

from tests.bench.way.figures import Run, Seen, Sustained, Window, latencies, sustained
from tests.bench.way.posting import REPORTS_A_SUBJECT, Lines

MINUTE = Window(100.0, 160.0)


def run(
    *,
    held: Sustained | None = None,
    seen: list[Seen] | None = None,
    busy: Mapping[str, float] | None = None,
    refused: int = 0,
    unseen: int = 0,
) -> Run:
    return Run(
        machine="a machine",
        cores=2,
        lines=250,
        held=held or Sustained(60.0, 90_000, (1000, 1000)),
        busy=busy or {"worker": 50.0, "kafka": 10.0},
        half_rate=750.0,
        half_seconds=30.0,
        half=latencies(seen or [(100.0, 100.5)], MINUTE),
        refused=refused,
        unseen=unseen,
    )


def test_only_what_came_out_within_the_window_counts_for_the_rate() -> None:
    seen = [(90.0, 99.0), (90.0, 101.0), (158.0, 159.0), (159.0, 161.0)]
    held = sustained(seen, MINUTE)
    assert held.came_out == 2
    assert held.on_their_way == (1, 1)
    assert held.rate == 2 / 60


def test_a_way_that_is_emptied_meanwhile_holds_no_more_than_goes_into_it() -> None:
    emptied = Sustained(seconds=60.0, came_out=6000, on_their_way=(3000, 0))
    assert emptied.rate == 50.0
    filled = Sustained(seconds=60.0, came_out=6000, on_their_way=(0, 3000))
    assert filled.rate == 100.0


def test_a_report_waits_from_its_acceptance_until_it_is_visible() -> None:
    found = latencies([(99.0, 130.0), (100.0, 100.25), (120.0, 120.25)], MINUTE)
    assert found.whole.get_total_count() == 2
    assert round(found.milliseconds(99)) == 250


def test_each_goal_of_the_way_that_was_missed_is_called_missed() -> None:
    assert "not reached" not in run().table()
    slow = run(held=Sustained(60.0, 89_999, (0, 0)), seen=[(100.0, 101.1)])
    assert slow.table().count("not reached") == 2


def test_the_busiest_process_is_named() -> None:
    found = run(busy={"kafka": 10.0, "worker": 57.0, "client": 5.0})
    assert found.busiest == "worker"
    assert found.share("worker") == 0.95
    assert "busiest: worker" in found.table()


def test_a_report_that_was_refused_or_never_seen_makes_the_figures_worthless() -> None:
    assert run().believable
    assert not run(refused=1).believable
    assert not run(unseen=1).believable


def test_every_report_of_the_way_is_another_and_every_subject_comes_as_often() -> None:
    lines = Lines("a")
    taken = lines.take(100).splitlines() + lines.take(100).splitlines()
    assert len(set(taken)) == 200
    subjects = {line.split(b"/status/")[1][:19] for line in taken}
    assert len(subjects) == 200 / REPORTS_A_SUBJECT

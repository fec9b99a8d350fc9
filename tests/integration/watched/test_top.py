"""`mizan top` says the same of a running stack as the dashboards do."""

from deploy.monitoring.promql import figure
from shared.promises import LED, PROMISES, READABLE
from tests.integration.watched.deaths import SERVICES
from tests.integration.watched.prometheus import Prometheus
from tests.integration.watched.top import Told, run_top, top
from tests.integration.watched.traffic import Traffic
from tests.running_stack import RunningStack
from tests.waiting import eventually_true


def test_every_promise_has_a_figure_and_every_process_is_up(
    traffic: Traffic, stack: RunningStack
) -> None:
    told = eventually_true(lambda: with_everybody_up(stack))
    assert told is not None
    assert {one["name"] for one in told["promises"] if one["value"] is None} == set()
    assert [one["name"] for one in told["promises"]] == [one.name for one in PROMISES]
    assert {one["name"] for one in told["processes"]} == set(SERVICES)


def with_everybody_up(stack: RunningStack) -> Told | None:
    """A page may be slow for once."""
    told = top(stack)
    return told if all(one["up"] for one in told["processes"]) else None


def test_it_comes_to_the_figures_of_the_overview(
    traffic: Traffic, stack: RunningStack, prometheus: Prometheus
) -> None:
    def the_same() -> bool:
        told = {one["name"]: one["value"] for one in top(stack)["promises"]}
        return all(
            told[promise.name] == prometheus.sum(figure(promise, "1h"))
            for promise in (READABLE, LED)
        )

    eventually_true(the_same)


def test_a_frame_is_for_people_and_has_it_all(traffic: Traffic, stack: RunningStack) -> None:
    shown = run_top(stack, "--once").stdout
    for part in (*SERVICES, *(promise.title for promise in PROMISES)):
        assert part in shown

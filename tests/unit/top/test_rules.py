"""A promise stands as the pages of all processes together say."""

import pytest

from services.top.reading import parsed
from services.top.rules import Reading, figure, standings
from shared.promises import (
    DECIDED,
    LED,
    PROMISES,
    QUEUED,
    READABLE,
    SEQUENCED,
    TAKEN,
    TOLD,
    WAITING,
    Promise,
    State,
)


def reading(*pages: str, at: float = 0.0) -> Reading:
    return Reading(at, {f"p{number}": parsed(page) for number, page in enumerate(pages)})


def queued(within: int, seen: int) -> str:
    return (
        f'mizan_time_to_queue_seconds_bucket{{platform="x",le="5.0"}} 1\n'
        f'mizan_time_to_queue_seconds_bucket{{platform="x",le="10.0"}} {within}\n'
        f'mizan_time_to_queue_seconds_bucket{{platform="x",le="+Inf"}} {seen}\n'
        f'mizan_time_to_queue_seconds_count{{platform="x"}} {seen}\n'
    )


def test_a_share_is_of_all_processes_together() -> None:
    assert figure(QUEUED, reading(queued(90, 100), queued(10, 10))) == pytest.approx(100 / 110)


def test_a_share_is_of_what_came_since_the_earlier_reading() -> None:
    earlier = reading(queued(50, 100))
    assert figure(QUEUED, reading(queued(150, 200)), earlier) == 1.0


@pytest.mark.parametrize("now", [queued(50, 100), queued(8, 10)], ids=["nothing new", "restarted"])
def test_without_anything_new_a_share_is_since_the_start(now: str) -> None:
    alone = figure(QUEUED, reading(now))
    assert figure(QUEUED, reading(now), reading(queued(50, 100))) == alone


def test_only_refusals_for_a_fault_of_ours_count_against_the_edge() -> None:
    page = (
        'mizan_ingest_accepted_total{platform="x",kind="report"} 90\n'
        'mizan_ingest_refused_total{platform="x",code="kafka_away"} 10\n'
        'mizan_ingest_refused_total{platform="x",code="missing_field"} 1000\n'
    )
    assert figure(TAKEN, reading(page)) == 0.9


def test_the_largest_of_several_gauges_counts() -> None:
    pages = ("mizan_outbox_age_seconds 3\n", "mizan_webhook_oldest_due_seconds 40\n")
    assert figure(TOLD, reading(*pages)) == 40


def test_each_lane_is_held_against_its_own_limit() -> None:
    page = (
        'mizan_lane_oldest_age_seconds{lane="normal"} 43200\n'
        'mizan_lane_oldest_age_seconds{lane="imminent_harm"} 3600\n'
    )
    assert figure(WAITING, reading(page)) == 1.0


def test_a_duty_is_led_when_any_process_leads_it() -> None:
    one = 'mizan_duty_leader{duty="sink"} 1\nmizan_duty_leader{duty="matches"} 0\n'
    other = 'mizan_duty_leader{duty="sink"} 0\nmizan_duty_leader{duty="matches"} 0\n'
    assert figure(LED, reading(one, other)) == 1


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.name)
def test_what_nobody_shows_is_unknown_and_not_well(promise: Promise) -> None:
    (standing,) = standings([promise], Reading(0.0, {"ingest": [], "review-worker": None}))
    assert (standing.value, standing.state) == (None, State.UNKNOWN)


@pytest.mark.parametrize(
    ("promise", "value", "state"),
    [
        (SEQUENCED, 5.0, State.KEPT),
        (SEQUENCED, 5.1, State.AT_RISK),
        (SEQUENCED, 30.1, State.BROKEN),
        (DECIDED, 0.97, State.KEPT),
        (DECIDED, 0.96, State.AT_RISK),
        (DECIDED, 0.94, State.BROKEN),
        (READABLE, 0.0, State.KEPT),
        (READABLE, 1.0, State.AT_RISK),
        (LED, 1.0, State.BROKEN),
    ],
)
def test_a_bound_that_is_met_is_still_kept(promise: Promise, value: float, state: State) -> None:
    assert promise.state(value) is state

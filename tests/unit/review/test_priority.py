"""The order of the queue: what raises a case, what cannot, and how far one can be overtaken."""

import math
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.review.cases.priority import (
    ENOUGH_REPORTERS,
    FORMULA,
    LEAST_HARM,
    LONGEST_OVERTAKING,
    MOST_HARM,
    TAU,
    Facts,
    Lane,
    order_key,
    priority,
    reach_per_hour,
    revised_chance,
    waiting,
)
from services.review.cases.reliability import Record
from shared.contracts.report import Urgency

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FACTS = Facts(
    severity=10,
    violation=0.5,
    minutes_per_case=2,
    opened_at=NOON,
    seen_at=NOON,
    published_at=NOON - timedelta(hours=4),
    urgency=Urgency.NORMAL,
    reporter_count=1,
    reporter_weight=0.5,
    views=4000,
    shares=0,
    followers=None,
)
HARM = st.floats(min_value=0, max_value=1e12)
CHANCE = st.floats(min_value=0, max_value=1)
COUNT = st.none() | st.integers(min_value=0, max_value=2**63)
INSTANT = st.integers(min_value=-20 * 366, max_value=70 * 366).map(
    lambda days: NOON + timedelta(days=days)
)
ANY_FACTS = st.builds(
    Facts,
    severity=st.floats(min_value=0.01, max_value=1000),
    violation=CHANCE,
    minutes_per_case=st.floats(min_value=0.1, max_value=600),
    opened_at=INSTANT,
    seen_at=INSTANT,
    published_at=st.none() | INSTANT,
    urgency=st.sampled_from(Urgency),
    reporter_count=st.integers(min_value=1, max_value=10**9),
    reporter_weight=st.floats(min_value=0, max_value=1e9),
    views=COUNT,
    shares=COUNT,
    followers=COUNT,
    record=st.builds(Record, st.integers(min_value=0, max_value=50), st.just(0)),
    precedents=st.floats(min_value=-100, max_value=100),
)


def test_twice_the_harm_is_worth_tau_of_waiting() -> None:
    assert math.isclose(order_key(8, NOON), order_key(4, NOON - TAU))


def test_of_equal_harm_the_older_goes_first() -> None:
    assert order_key(4, NOON - timedelta(seconds=1)) > order_key(4, NOON)


@given(HARM, HARM)
def test_no_case_is_overtaken_by_one_that_came_later_than_the_bound(a: float, b: float) -> None:
    later = NOON + LONGEST_OVERTAKING + timedelta(seconds=1)
    assert order_key(a, NOON) > order_key(b, later)


def test_the_bound_on_overtaking_is_the_whole_range_of_harm() -> None:
    assert TAU * math.log2(MOST_HARM / LEAST_HARM) == LONGEST_OVERTAKING


@given(ANY_FACTS)
def test_every_case_has_a_finite_place_and_says_why(facts: Facts) -> None:
    place = priority(facts)
    assert math.isfinite(place.key)
    assert math.isfinite(place.score)
    assert place.factors
    assert all(factor.sentence and math.isfinite(factor.value) for factor in place.factors)


@given(CHANCE, st.floats(min_value=0, max_value=100), st.floats(min_value=0, max_value=100))
def test_more_reporters_never_lower_the_chance_and_it_stays_one(
    violation: float, fewer: float, more: float
) -> None:
    fewer, more = sorted((fewer, more))
    low, high = revised_chance(violation, fewer), revised_chance(violation, more)
    assert 0 <= low <= high <= 1


def test_a_brigade_gains_nothing_beyond_enough_reporters() -> None:
    enough = FACTS._replace(views=None, reporter_weight=ENOUGH_REPORTERS)
    brigade = enough._replace(reporter_weight=100 * ENOUGH_REPORTERS)
    assert priority(brigade).score == priority(enough).score


def test_severity_chance_and_reach_raise_a_case_and_effort_lowers_it() -> None:
    usual = priority(FACTS).score
    assert priority(FACTS._replace(severity=20)).score == 2 * usual
    assert priority(FACTS._replace(violation=0.9)).score > usual
    assert priority(FACTS._replace(views=8000)).score == 2 * usual
    assert priority(FACTS._replace(minutes_per_case=4)).score == usual / 2


def test_reach_is_by_the_hour_since_publication_and_a_young_post_is_not_infinite() -> None:
    assert reach_per_hour(FACTS) == 1000
    just_now = FACTS._replace(published_at=NOON, views=1000)
    from_the_future = FACTS._replace(published_at=NOON + timedelta(days=1), views=1000)
    assert reach_per_hour(just_now) == reach_per_hour(from_the_future) == 4000


def test_reports_that_come_fast_are_a_sign_of_more_reach_than_the_same_over_a_day() -> None:
    fast = FACTS._replace(views=None, reporter_weight=4)
    slow = fast._replace(seen_at=NOON + timedelta(days=1))
    assert (
        reach_per_hour(fast)
        > reach_per_hour(slow)
        > reach_per_hour(slow._replace(views=None, reporter_weight=0))
    )


def test_imminent_harm_has_a_lane_of_its_own_and_says_so() -> None:
    urgent = priority(FACTS._replace(urgency=Urgency.IMMINENT_HARM))
    assert (urgent.lane, priority(FACTS).lane) == (Lane.IMMINENT_HARM, Lane.NORMAL)
    assert Lane.ORDERS < Lane.IMMINENT_HARM < Lane.NORMAL
    assert urgent.factors[0].name == "imminent_harm"
    assert urgent.key == priority(FACTS).key


def test_waiting_is_told_by_the_hour_and_never_below_nothing() -> None:
    since = waiting(NOON, NOON + timedelta(minutes=90))
    assert (since.name, since.value) == ("waiting", 1.5)
    assert since.sentence == "Has waited 1.5 h; each hour counts as much as twice the harm"
    assert waiting(NOON, NOON - timedelta(hours=1)).value == 0


def test_factors_are_data_that_the_desk_can_translate() -> None:
    stored = priority(FACTS).as_json()
    assert stored["formula"] == FORMULA
    factors = stored["factors"]
    assert isinstance(factors, list)
    assert [factor["name"] for factor in factors if isinstance(factor, dict)] == [
        "violation",
        "severity",
        "reach",
        "reporters",
        "effort",
    ]


def test_a_case_says_how_often_those_who_report_it_were_right() -> None:
    stored = priority(FACTS._replace(record=Record(4, 3))).as_json()["factors"]
    assert isinstance(stored, list)
    said = "Reviewers confirmed 3 of the last 4 decided reports by those who reported this"
    assert stored[4] == {"name": "record", "value": 3.0, "sentence": said, "of": 4}


@given(CHANCE, st.floats(min_value=0, max_value=10), st.floats(-9, 9), st.floats(-9, 9))
def test_more_for_a_violation_among_matching_content_never_lowers_the_chance(
    violation: float, reporters: float, first: float, second: float
) -> None:
    less, more = sorted((first, second))
    low = revised_chance(violation, reporters, less)
    assert 0 < low <= revised_chance(violation, reporters, more) < 1


def test_a_decision_on_equal_content_is_heard_even_where_the_model_is_sure() -> None:
    assert revised_chance(0.0, 0.5, 1.0) > 3 * revised_chance(0.0, 0.5)
    assert revised_chance(1.0, 0.5, -1.0) < revised_chance(1.0, 0.5)


def test_a_case_says_what_was_found_of_matching_content() -> None:
    assert sentences(FACTS._replace(precedents=1.0)) - sentences(FACTS) >= {
        "Matching content was found a violation before"
    }
    assert sentences(FACTS._replace(precedents=-1.0)) - sentences(FACTS) >= {
        "Matching content was found to be no violation before"
    }


def sentences(facts: Facts) -> set[str]:
    return {factor.sentence for factor in priority(facts).factors}

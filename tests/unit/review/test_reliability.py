"""What a report is worth: more where earlier ones were right, within bounds, slowly."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.review.cases.priority import revised_chance
from services.review.cases.reliability import (
    LEAST_RELIABILITY,
    MOST_RELIABILITY,
    NO_RECORD,
    REPORTER_WEIGHTS,
    Record,
    is_anonymous,
    reliability,
    reporter_weight,
)
from shared.contracts.report import Reporter, ReporterKind

DECIDED = st.integers(min_value=0, max_value=50)


@pytest.mark.parametrize("kind", list(ReporterKind))
def test_somebody_new_has_the_weight_of_their_kind(kind: ReporterKind) -> None:
    assert reporter_weight(kind, NO_RECORD) == REPORTER_WEIGHTS[kind]


@given(DECIDED, DECIDED, DECIDED)
def test_more_violations_among_as_many_decisions_never_lower_a_weight(
    decided: int, first: int, second: int
) -> None:
    fewer, more = sorted((min(first, decided), min(second, decided)))
    assert reliability(Record(decided, fewer)) <= reliability(Record(decided, more))


@given(DECIDED, DECIDED)
def test_one_more_report_that_was_right_never_lowers_a_weight_and_a_wrong_one_never_raises_it(
    decided: int, violations: int
) -> None:
    violations = min(violations, decided)
    now = reliability(Record(decided, violations))
    assert reliability(Record(decided + 1, violations)) <= now
    assert now <= reliability(Record(decided + 1, violations + 1))


@given(DECIDED, DECIDED)
def test_no_record_makes_a_report_worth_nothing_or_any_number_of_others(
    decided: int, violations: int
) -> None:
    found = reliability(Record(decided, min(violations, decided)))
    assert LEAST_RELIABILITY <= found <= MOST_RELIABILITY


def test_the_worst_and_the_best_record_are_at_the_bounds() -> None:
    assert reliability(Record(50, 0)) == LEAST_RELIABILITY
    assert reliability(Record(50, 50)) == MOST_RELIABILITY


def test_one_decision_moves_a_weight_by_a_fifth() -> None:
    assert math.isclose(reliability(Record(1, 1)), 1.2)
    assert math.isclose(reliability(Record(1, 0)), 0.8)


def test_a_brigade_of_new_accounts_gains_little_by_one_right_report_each() -> None:
    known = sum(reporter_weight(ReporterKind.USER, NO_RECORD) for _ in range(100))
    bred = sum(reporter_weight(ReporterKind.USER, Record(1, 1)) for _ in range(100))
    assert revised_chance(0.5, bred) == revised_chance(0.5, known)
    assert revised_chance(0.5, 10 * reporter_weight(ReporterKind.USER, Record(1, 1))) < 0.65


def test_whoever_gives_a_name_is_not_anonymous() -> None:
    assert is_anonymous(Reporter())
    assert not is_anonymous(Reporter(id="somebody"))
    assert not is_anonymous(Reporter(organisation_id="body"))

"""What decisions on matching content weigh: by their nearness, both ways, within bounds."""

import math

from hypothesis import given
from hypothesis import strategies as st

from services.review.cases.precedents import (
    ENOUGH_PRECEDENTS,
    ODDS_FACTOR,
    Precedent,
    odds_factor,
    weight_of_precedents,
)
from shared.contracts.decision import Finding

PRECEDENTS = st.lists(
    st.builds(
        Precedent,
        subject_id=st.integers(min_value=0, max_value=30).map(str),
        finding=st.sampled_from(Finding),
        similarity=st.floats(min_value=0, max_value=1),
    ),
    max_size=30,
)
NEARNESS = st.floats(min_value=0, max_value=1)


def precedent(finding: Finding, similarity: float = 1.0, subject: str = "another") -> Precedent:
    return Precedent(subject, finding, similarity)


@given(PRECEDENTS)
def test_any_number_of_decisions_stays_within_the_bounds(precedents: list[Precedent]) -> None:
    assert abs(weight_of_precedents(precedents)) <= ENOUGH_PRECEDENTS


@given(PRECEDENTS, NEARNESS)
def test_one_more_violation_never_lowers_and_one_more_acquittal_never_raises(
    precedents: list[Precedent], similarity: float
) -> None:
    before = weight_of_precedents(precedents)
    guilty = precedent(Finding.VIOLATION, similarity)
    innocent = precedent(Finding.NO_VIOLATION, similarity)
    assert weight_of_precedents([*precedents, innocent]) <= before
    assert before <= weight_of_precedents([*precedents, guilty])


@given(NEARNESS, NEARNESS)
def test_the_nearer_a_match_the_more_its_decision_weighs(first: float, second: float) -> None:
    farther, nearer = sorted((first, second))
    assert weight_of_precedents([precedent(Finding.VIOLATION, farther)]) <= weight_of_precedents(
        [precedent(Finding.VIOLATION, nearer)]
    )


@given(PRECEDENTS)
def test_the_order_in_which_they_are_read_does_not_matter_for_different_subjects(
    precedents: list[Precedent],
) -> None:
    each = list({one.subject_id: one for one in precedents}.values())
    assert weight_of_precedents(each) == weight_of_precedents(reversed(each))


def test_a_subject_found_by_two_methods_counts_once_by_the_nearer() -> None:
    found = [precedent(Finding.VIOLATION, 0.4), precedent(Finding.VIOLATION, 0.9)]
    assert weight_of_precedents(found) == 0.9


def test_other_findings_weigh_nothing_and_opposite_ones_cancel() -> None:
    assert weight_of_precedents([precedent(Finding.ALREADY_GONE)]) == 0
    opposite = [precedent(Finding.VIOLATION), precedent(Finding.NO_VIOLATION, subject="third")]
    assert weight_of_precedents(opposite) == 0


def test_one_equal_decision_multiplies_the_odds_and_its_opposite_divides_them() -> None:
    assert odds_factor(1.0) == ODDS_FACTOR
    assert math.isclose(odds_factor(-1.0), 1 / ODDS_FACTOR)
    assert odds_factor(100.0) == odds_factor(ENOUGH_PRECEDENTS)

"""The chance of a violation is that of the labels which speak of the reported policy."""

import pytest

from services.scoring.classifiers.interface import Label
from services.scoring.rules import UNKNOWN_VIOLATION, violation
from shared.contracts.identifiers import PolicyId

LABELS = {
    Label.TOXIC: 0.7,
    Label.HATE: 0.2,
    Label.ABUSE: 0.6,
    Label.THREAT: 0.1,
    Label.PROFANE: 0.9,
    Label.SPAM: 0.05,
    Label.EXTREMISM: 0.03,
}


@pytest.mark.parametrize(
    ("policy", "chance"),
    [
        ("hate", 0.2),
        ("threat", 0.1),
        ("violence", 0.1),
        ("terrorism", 0.03),
        ("harassment", 0.7),
        ("spam", 0.05),
        ("fraud", 0.05),
        ("other", 0.7),
        (None, 0.7),
    ],
)
def test_a_policy_is_judged_by_its_own_labels(policy: str | None, chance: float) -> None:
    assert violation(LABELS, PolicyId(policy) if policy else None, language_taught=True) == chance


@pytest.mark.parametrize("policy", ["intellectual_property", "privacy", "a policy of tomorrow"])
def test_a_policy_that_no_label_speaks_of_stays_unknown(policy: str) -> None:
    assert violation(LABELS, PolicyId(policy), language_taught=True) == UNKNOWN_VIOLATION


def test_swearing_alone_is_no_violation_of_hate() -> None:
    swearing = {**LABELS, Label.PROFANE: 1.0}
    assert violation(swearing, PolicyId("hate"), language_taught=True) == 0.2


def test_in_a_language_not_taught_the_model_speaks_for_a_violation_but_never_against() -> None:
    hate, other = PolicyId("hate"), PolicyId("other")
    assert violation(LABELS, hate, language_taught=False) == UNKNOWN_VIOLATION
    assert violation(LABELS, other, language_taught=False) == 0.7

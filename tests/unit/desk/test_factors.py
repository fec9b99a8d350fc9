"""The reasons of a place in the queue, in the reader's language."""

import pytest

from services.review.desk.rendering import factor_sentence
from services.review.desk.views import FactorView
from services.review.desk.words import Language, Words


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("decided", [3, 12, 50])
def test_what_became_of_earlier_reports_is_told_with_both_numbers(
    language: Language, decided: int
) -> None:
    words = Words(language)
    said = factor_sentence(words, FactorView("record", 2, 1.0, "as stored", decided))
    assert {words.number(2), words.number(decided)} <= set(said.split())


def test_english_says_how_many_of_how_many() -> None:
    said = factor_sentence(Words(Language.ENGLISH), FactorView("record", 3, 0.75, "", 4))
    assert said == "Reviewers confirmed 3 of the last 4 decided reports by those who reported this"


@pytest.mark.parametrize("language", list(Language))
def test_a_decision_on_matching_content_is_told_for_and_against(language: Language) -> None:
    words = Words(language)
    said = [
        factor_sentence(words, FactorView("precedent", weight, None, "as stored"))
        for weight in (1.0, -1.0)
    ]
    assert said == [words("factor.precedent.violation"), words("factor.precedent.no_violation")]
    assert said[0] != said[1]

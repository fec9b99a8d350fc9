"""The files of phrases: each template can be filled, and nothing is missing or said twice."""

import random
import re
from collections.abc import Iterator

import pytest

from deploy.local.demo.phrasebook import TONES, Phrasebook, load_phrasebooks
from deploy.local.demo.writer import LANGUAGES
from services.review.policies.defaults import default_policies
from services.scoring.text.language import language_of

BOOKS = load_phrasebooks()
POLICIES = {policy.policy_id for policy in default_policies()}


def templates(book: Phrasebook) -> Iterator[str]:
    yield from (text for topic in book.policies.values() for text in topic.texts)
    yield from (text for lines in book.accounts.values() for text in lines)
    yield from (text for frame in book.tones.values() for text in (*frame.before, *frame.after))
    yield from (*book.bios, *book.groups, *book.parents, *book.replies, *book.scenes.values())


@pytest.fixture(params=sorted(BOOKS))
def book(request: pytest.FixtureRequest) -> Phrasebook:
    return BOOKS[str(request.param)]


def test_every_slot_of_every_template_is_filled(book: Phrasebook) -> None:
    chance = random.Random(1)
    filled = [book.filled(template, chance) for template in templates(book)]
    assert not [text for text in filled if re.search(r"[{}]", text)]
    assert all(text.strip() for text in filled)


def test_no_template_is_there_twice(book: Phrasebook) -> None:
    texts = [text for topic in book.policies.values() for text in topic.texts]
    assert len(texts) == len(set(texts))


def test_every_policy_of_a_book_is_seeded_and_has_reasons(book: Phrasebook) -> None:
    assert set(book.policies) <= POLICIES
    assert all(topic.reasons for topic in book.policies.values())
    assert set(TONES.values()) <= set(book.tones)
    assert book.appeals.owner
    assert book.appeals.reporter


def test_english_speaks_of_every_policy_and_every_weighted_language_has_a_book() -> None:
    assert set(BOOKS["en"].policies) == POLICIES
    assert set(BOOKS) == set(LANGUAGES)


def test_texts_are_in_the_language_that_they_are_said_to_be_in(book: Phrasebook) -> None:
    """As far as the scorer can tell languages apart; it knows nothing of French."""
    chance = random.Random(1)
    texts = [book.text("threat", chance) for _ in range(20)]
    told = {language_of(text).tag for text in texts}
    assert told <= ({"en", "und", "ur-Latn"} if book.language == "fr" else {book.language})

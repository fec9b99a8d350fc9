"""The face and line of a text follow its letters."""

import pytest

from services.review.desk.lettering import language_of


@pytest.mark.parametrize(
    ("text", "stated", "tag"),
    [
        ("کل جو لوگ چوک پر جمع ہوں گے", None, "ur"),
        ("کل جو لوگ چوک پر جمع ہوں گے", "en", "ur"),
        ("هذا نص عربي", "en", "ar"),
        ("این متن فارسی است", "fa", "fa"),
        ("kal sab log chowk par jama honge", "ur", "ur-Latn"),
        ("i will find you", "en", "en"),
        ("i will find you", None, "und-Latn"),
        ("Завтра на площади", "ru", "ru"),
        ("Завтра на площади", None, None),
        ("12345 !!", "ur", "ur"),
        ("", "und", None),
    ],
)
def test_a_text_has_the_language_that_its_letters_can_be(
    text: str, stated: str | None, tag: str | None
) -> None:
    assert language_of(text, stated) == tag

"""Languages that share a script are told apart, and what cannot be known is `und`."""

import pytest

from services.scoring.text.language import language_of


@pytest.mark.parametrize(
    ("text", "tag", "script"),
    [
        ("they said that you will not come to the meeting", "en", "Latn"),
        ("yaar tum kya kar rahe ho, mujhe nahi pata", "ur-Latn", "Latn"),
        ("یہ شخص ہمیں دھمکی دے رہا ہے اور لوگ ڈر گئے ہیں", "ur", "Arab"),
        ("هذا الرجل يهددنا في الحي منذ أيام", "ar", "Arab"),
        ("این مرد ما را تهدید می کند و همه می ترسند", "fa", "Arab"),
        ("دا سړی موږ ته ګواښ کوي او خلک ډار شوي دي", "ps", "Arab"),
        ("यह आदमी हमें धमकी दे रहा है", "hi", "Deva"),
        ("эти люди", "und", "Cyrl"),
        ("这些人明天会回来", "und", "Zyyy"),
        ("12345 !!!", "und", "Zyyy"),
        ("", "und", "Zyyy"),
    ],
)
def test_language_and_script_are_found(text: str, tag: str, script: str) -> None:
    found = language_of(text)
    assert (found.tag, found.script) == (tag, script)


def test_text_in_two_scripts_says_so() -> None:
    assert language_of("this is the man یہ شخص ہمیں").script == "Mixed"

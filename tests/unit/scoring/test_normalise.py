"""The normal form undoes disguises and can always point back into the original."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.text.normalise import LINK, MENTION, PASSES, Pass, letters_only, normalised


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [
        ("KILL", "kill"),
        ("k i l l", "kill"),
        ("k.i.l.l", "kill"),
        ("ki\u200bll", "kill"),
        ("k\u0456ll", "kill"),
        ("k1ll", "kill"),
        ("kiiiiill", "kill"),
        ("\uff4b\uff49\uff4c\uff4c", "kill"),
        ("\u0643\u0640\u062a\u064e\u0627\u0628", "\u06a9\u062a\u0627\u0628"),
        ("\u0661\u06f2", "12"),
    ],
)
def test_a_disguised_word_has_the_form_of_the_plain_one(disguised: str, plain: str) -> None:
    assert normalised(disguised).text == plain


def test_numbers_that_are_not_part_of_a_word_stay_numbers() -> None:
    assert normalised("call 1345 at 10").text == "call 1345 at 10"


def test_look_alikes_become_latin_in_each_word_with_a_latin_letter_and_in_no_other() -> None:
    text = "0: \u043a\u043e\u0442 k0t,\u043a\u043e\u0442 x!0 10 \u0430\nb1t"
    assert normalised(text).text == "0: \u043a\u043e\u0442 kot,\u043a\u043e\u0442 xio 10 \u0430 bit"


def test_links_and_names_become_tokens() -> None:
    assert normalised("see https://t.co/abc @someone now").text == f"see {LINK} {MENTION} now"


def test_the_same_words_with_other_links_and_names_have_the_same_letters() -> None:
    first = letters_only("@ali Look at this! https://a.example/1")
    assert first == letters_only("look   at THIS https://b.example/2 @omar")


@given(st.text(max_size=200))
def test_every_character_of_the_form_comes_from_a_place_in_the_original(text: str) -> None:
    form = normalised(text)
    assert len(form.origins) == len(form.text)
    assert all(0 <= place < len(text) for place in form.origins)
    assert list(form.origins) == sorted(form.origins)


def test_a_span_of_the_form_covers_the_disguise_in_the_original() -> None:
    text = "I will k i l l you"
    form = normalised(text)
    start = form.text.index("kill")
    first, after = form.original_span(start, start + 4)
    assert text[first:after] == "k i l l"


# of what the passes look for, so that one and the other come together
PIECES = st.sampled_from(
    [*"ab4@$!|.:_-*  \n\u200b\u0640", "www.", "https://", ".com", "и", "ﷺ", "aaa", "k i l l", "ہے"]
)


@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=30).map("".join)))
def test_a_pass_changes_nothing_where_its_sign_is_missing(text: str) -> None:
    form = normalised(text).text
    for shown in (text.lower(), form):
        for step in PASSES:
            assert passed(step, shown) == shown or step.sign.search(shown) is not None


def passed(step: Pass, text: str) -> str:
    return step.pattern.sub(lambda found: step.replacement(found.group()), text)

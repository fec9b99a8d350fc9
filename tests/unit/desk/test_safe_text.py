"""Other people's text cannot hide anything."""

from hypothesis import given
from hypothesis import strategies as st

from services.review.desk.safe_text import Mark, Piece, hidden_name, pieces, plain


def test_a_direction_override_becomes_a_token() -> None:
    assert pieces("a\u202eb") == (Piece("a"), Piece("RLO", token=True), Piece("b"))


def test_a_non_joiner_between_arabic_letters_is_spelling_and_stays() -> None:
    word = "می\u200cخواهم"
    assert pieces(word) == (Piece(word),)


def test_a_non_joiner_between_latin_letters_is_a_trick_and_shows() -> None:
    assert Piece("ZWNJ", token=True) in pieces("bo\u200cmb")


def test_a_joiner_in_a_pictograph_stays() -> None:
    family = "\U0001f468\u200d\U0001f469"
    assert pieces(family) == (Piece(family),)


def test_marks_go_by_code_point_and_the_strongest_wins() -> None:
    weak, strong = Mark(0, 3, "abuse", 0.2), Mark(1, 2, "threat", 0.9)
    assert pieces("😀بc", [strong, weak]) == (
        Piece("😀", mark=weak),
        Piece("ب", mark=strong),
        Piece("c", mark=weak),
    )


def test_a_mark_beyond_the_text_is_cut_off() -> None:
    mark = Mark(-3, 99, "spam", 0.5)
    assert pieces("ab", [mark]) == (Piece("ab", mark=mark),)


@given(st.text())
def test_what_is_shown_holds_no_hidden_character(text: str) -> None:
    shown = [piece.text for piece in pieces(text) if not piece.token]
    visible = [c for i, c in enumerate(text) if hidden_name(text, i) is None]
    assert "".join(shown) == "".join(visible)


def test_one_line_places_get_tokens_in_brackets() -> None:
    assert plain("a\u202e\n b") == "a[RLO] b"

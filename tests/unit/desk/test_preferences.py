"""Keys that reviewers set for themselves."""

import pytest

from services.review.desk.forms import Form
from services.review.desk.keymap import KEYMAP, Act, Scope, first_binding
from services.review.desk.media import Term
from services.review.desk.preferences import (
    DEFAULT,
    own_keymap,
    preferences_of,
    wrong_keys,
)
from services.review.desk.rendering import Page, context_of
from services.review.desk.settings_pages import chosen_in, typed_keys
from services.review.desk.words import Language, Words
from tests.builders.desk_cases import NOW, bar


def test_a_key_of_ones_own_holds_wherever_the_act_is() -> None:
    keymap = own_keymap({Act.NEXT: "l"})
    assert {
        binding.keys for binding in keymap if binding.act is Act.NEXT
    } == {("l",)}  # fmt: skip


def test_of_two_keys_the_second_stays() -> None:
    keymap = own_keymap({Act.BACK: "b"})
    assert [b.keys for b in keymap if b.act is Act.BACK and b.scope is Scope.CASE] == [
        ("b",),
        ("Escape",),
    ]


def test_two_acts_may_change_places() -> None:
    assert wrong_keys({Act.NEXT: "k", Act.PREVIOUS: "j"}) == {}


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("r", "taken"),
        ("g", "taken"),
        ("rr", "unreadable"),
        ("a b c", "unreadable"),
        ("", "unreadable"),
    ],
)
def test_a_key_that_cannot_be_reached_is_refused(typed: str, why: str) -> None:
    assert wrong_keys({Act.NO_VIOLATION: typed}) == {Act.NO_VIOLATION: why}


def test_what_another_version_stored_is_left_alone() -> None:
    assert preferences_of({"keys": {"no_such_act": "q"}}) == DEFAULT
    assert preferences_of({"keys": {"no_violation": "r"}}) == DEFAULT
    assert preferences_of(None) == DEFAULT


def test_a_form_keeps_only_what_differs() -> None:
    fields = {f"key.{act}": (typed,) for act, typed in typed_keys({}).items()}
    asked = {**fields, "key.strong": ("q",), "keys_on": ("1",), "grey": ("1",)}
    chosen = chosen_in(Form(asked), frozenset({Term.BLUR, Term.GREY}))
    assert chosen.keys == {Act.STRONG: "q"}
    assert chosen.media == {Term.BLUR: False}
    assert chosen_in(Form({**asked, "reset": ("1",)}), frozenset()).keys == {}


def test_a_page_wears_the_readers_keys_and_none_when_they_are_off() -> None:
    def shown(stored: dict[str, object]) -> str:
        own = DEFAULT.model_copy(update=stored)
        page = Page(Words(Language.ENGLISH), Scope.CASE, NOW, bar(), {}, own)
        cap, keyed = context_of(page)["cap"], context_of(page)["keyed"]
        assert callable(cap)
        assert callable(keyed)
        return f"{cap('strong')} {keyed('strong')}"

    assert 'aria-keyshortcuts="q"' in shown({"keys": {Act.STRONG: "q"}})
    assert shown({"keys_on": False}) == ' data-act="strong"'


def test_the_default_keymap_is_the_one_that_was_declared() -> None:
    assert own_keymap({}) == KEYMAP
    assert first_binding(Scope.CASE, Act.STRONG, own_keymap({})) is not None

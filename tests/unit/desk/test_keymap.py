"""The keys of the desk."""

import pytest

from services.review.desk.keymap import (
    KEYMAP,
    Act,
    Binding,
    Scope,
    bindings_for,
    collisions,
    first_binding,
)
from services.review.desk.words import Language, catalogue


@pytest.mark.parametrize("scope", list(Scope))
def test_no_two_keys_of_a_page_collide(scope: Scope) -> None:
    assert collisions(bindings_for(scope)) == []


def test_a_key_that_begins_a_sequence_collides_with_it() -> None:
    alone = Binding(Act.BACK, Scope.CASE, ("g",))
    sequence = Binding(Act.QUEUES, Scope.CASE, ("g", "q"))
    assert collisions([alone, sequence]) == [(alone, sequence)]


def test_one_key_means_one_thing_on_all_pages() -> None:
    meanings: dict[tuple[tuple[str, ...], bool], set[Act]] = {}
    for binding in KEYMAP:
        meanings.setdefault((binding.keys, binding.ctrl), set()).add(binding.act)
    assert {keys: acts for keys, acts in meanings.items() if len(acts) > 1} == {}


def test_every_act_has_words_in_every_language() -> None:
    for language in Language:
        assert [act for act in Act if f"keys.{act}" not in catalogue(language)] == []


def test_a_page_wears_only_keys_that_hold_on_it() -> None:
    assert first_binding(Scope.LIST, Act.STRONG) is None
    assert first_binding(Scope.CASE, Act.STRONG) == Binding(Act.STRONG, Scope.CASE, ("r",))

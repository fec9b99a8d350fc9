"""Listed names are found as whole words, through disguises, and shown where they stand."""

from services.scoring.text.normalise import normalised
from services.scoring.text.watch_list import ListedName, WatchList, names_of
from shared.contracts.reference import WatchListEntry, WatchListRecord
from shared.contracts.scored_report import WatchListHit


def hits(text: str) -> tuple[WatchListHit, ...]:
    watch_list = WatchList([ListedName("groups", "g1", "Iron Dawn")])
    return watch_list.hits(normalised(text))


def test_a_name_is_found_where_it_stands_in_the_original() -> None:
    text = "They follow IRON  d4wn now"
    (hit,) = hits(text)
    assert text[hit.start : hit.end] == "IRON  d4wn"
    assert hit.entry_id == "g1"


def test_a_name_inside_another_word_is_not_found() -> None:
    assert hits("environ dawning iron dawns") == ()


def test_an_empty_list_finds_nothing() -> None:
    assert WatchList([]).hits(normalised("Iron Dawn")) == ()


def test_a_list_that_is_not_active_has_no_names() -> None:
    entries = (WatchListEntry(entry_id="g1", names=("Iron Dawn",)),)
    lists = [
        WatchListRecord(list_id=name, revision=1, title=name, entries=entries, active=active)
        for name, active in (("old", False), ("new", True))
    ]
    assert [name.list_id for name in names_of(lists)] == ["new"]

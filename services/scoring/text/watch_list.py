"""Names of a watch-list in a text, as whole words, in any number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import ahocorasick

from services.scoring.text.normalise import Normalised, normalised
from shared.contracts.reference import WatchListRecord
from shared.contracts.scored_report import WatchListHit


@dataclass(frozen=True)
class ListedName:
    """One name of one entry, in the writing it was given in."""

    list_id: str
    entry_id: str
    name: str


class WatchList:
    """Immutable matcher over all names; a change of a list is a new one.

    A name counts only between characters that are no letters. A mention says nothing of whether
    the text supports whom it names.
    """

    def __init__(self, names: Iterable[ListedName]) -> None:
        self._automaton = ahocorasick.Automaton()
        listed: dict[str, list[ListedName]] = {}
        for name in names:
            form = normalised(name.name).text
            if form:
                listed.setdefault(form, []).append(name)
        for form, entries in listed.items():
            self._automaton.add_word(form, (len(form), tuple(entries)))
        self._empty = not listed
        if not self._empty:
            self._automaton.make_automaton()

    def hits(self, text: Normalised) -> tuple[WatchListHit, ...]:
        """Every listed name in the text, by code point of the original, in order of its end."""
        if self._empty:
            return ()
        found: list[WatchListHit] = []
        for last, (length, entries) in self._automaton.iter(text.text):
            start, end = last - length + 1, last + 1
            if not _stands_alone(text.text, start, end):
                continue
            first, after = text.original_span(start, end)
            found += [
                WatchListHit(
                    list_id=entry.list_id,
                    entry_id=entry.entry_id,
                    name=entry.name,
                    start=first,
                    end=after,
                )
                for entry in entries
            ]
        return tuple(found)


def names_of(records: Iterable[WatchListRecord]) -> Sequence[ListedName]:
    """The names of all active lists."""
    return [
        ListedName(record.list_id, entry.entry_id, name)
        for record in records
        if record.active
        for entry in record.entries
        for name in entry.names
    ]


def _stands_alone(text: str, start: int, end: int) -> bool:
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return not before.isalnum() and not after.isalnum()

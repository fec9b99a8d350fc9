"""Other people's text, cut so that nothing in it can hide. Pure.

Direction controls and characters without a width are an evasion trick and a trap for the eye: each
becomes a token with its name. The templates escape the rest.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

ZWNJ, ZWJ = "\u200c", "\u200d"

NAMES = {
    "\u00ad": "SHY",
    "\u034f": "CGJ",
    "\u061c": "ALM",
    "\u180e": "MVS",
    "\u200b": "ZWSP",
    ZWNJ: "ZWNJ",
    ZWJ: "ZWJ",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u2028": "LSEP",
    "\u2029": "PSEP",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2060": "WJ",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
    "\u3164": "HF",
    "\ufeff": "BOM",
}
# Scripts in which a joiner or non-joiner between two letters is plain spelling.
JOINING = ("ARABIC", "SYRIAC", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "SINHALA", "TAMIL")


@dataclass(frozen=True)
class Mark:
    """A span of the text by code point, `end` exclusive, and why it is marked."""

    start: int
    end: int
    label: str
    score: float


@dataclass(frozen=True)
class Piece:
    """Part of a text. A token is the name of one hidden character, anything else is shown as it is.
    `mark` is the strongest mark over it.
    """

    text: str
    token: bool = False
    mark: Mark | None = None


def pieces(text: str, marks: Sequence[Mark] = ()) -> tuple[Piece, ...]:
    """The text in order: joining the pieces that are no tokens gives it without what hides."""
    strongest = _strongest(len(text), marks)
    found: list[Piece] = []
    run: list[str] = []
    for index, character in enumerate(text):
        mark = strongest[index]
        name = hidden_name(text, index)
        if run and (name is not None or mark != strongest[index - 1]):
            found.append(Piece("".join(run), mark=strongest[index - 1]))
            run = []
        if name is None:
            run.append(character)
        else:
            found.append(Piece(name, token=True, mark=mark))
    if run:
        found.append(Piece("".join(run), mark=strongest[-1]))
    return tuple(found)


def hidden_name(text: str, index: int) -> str | None:
    """Name of the character there when it hides or turns text, None when it may be shown."""
    character = text[index]
    if character in (ZWNJ, ZWJ) and _is_spelling(text, index):
        return None
    if character in NAMES:
        return NAMES[character]
    if character in "\n\t":
        return None
    category = unicodedata.category(character)
    # Cc: controls; Cf: formats of which the names above are the known ones; Cs: half a pair
    if category in {"Cc", "Cf", "Cs"} or 0xE0000 <= ord(character) <= 0xE0FFF:
        return f"U+{ord(character):04X}"
    return None


def plain(text: str) -> str:
    """For titles, attributes and one-line places: tokens in brackets, blanks in one."""
    shown = "".join(f"[{p.text}]" if p.token else p.text for p in pieces(text))
    return " ".join(shown.split())


def _is_spelling(text: str, index: int) -> bool:
    before, after = text[index - 1 : index], text[index + 1 : index + 2]
    if not before or not after:
        return False
    if text[index] == ZWJ and _is_pictograph(before) and _is_pictograph(after):
        return True
    return _joins(before) and _joins(after)


def _joins(character: str) -> bool:
    return unicodedata.name(character, "").startswith(JOINING)


def _is_pictograph(character: str) -> bool:
    # a variation selector or a skin tone may stand between a sign and its joiner
    return unicodedata.category(character) in {"So", "Sk"} or character == "\ufe0f"


def _strongest(length: int, marks: Sequence[Mark]) -> list[Mark | None]:
    over: list[Mark | None] = [None] * length
    for mark in sorted(marks, key=lambda mark: mark.score):
        for index in range(max(mark.start, 0), min(mark.end, length)):
            over[index] = mark
    return over

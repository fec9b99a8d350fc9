"""One normal form of a text, whatever was done to hide what it says.

Order: compatibility forms; invisible characters, harakat and tatweel dropped; letter families and
digits folded; lower case; links and names to tokens; look-alikes inside Latin words; spaced-out
letters joined; repeats collapsed. Each character of the result knows where it came from, so that a
span found in the normal form can be shown in the original.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

LINK = "\ue000"  # private use: no writer types these
MENTION = "\ue001"
SHORT = 2000

_ARABIC_FAMILIES = {
    **dict.fromkeys("أإآٱٲٳ", "ا"),
    **dict.fromkeys("يىېےۓئ", "ی"),
    **dict.fromkeys("كڪ", "ک"),
    **dict.fromkeys("ةۀہۂھۃە", "ه"),
    **dict.fromkeys("ؤۇۆ", "و"),
}
_INVISIBLE = frozenset(
    [
        *(0x00AD, 0x034F, 0x061C, 0x0640, 0x180E, 0x2060, 0x3164, 0xFEFF, 0xFFFC),
        *(*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2061, 0x2070)),
        *(*range(0xFE00, 0xFE10), *range(0xE0000, 0xE0080), *range(0xE0100, 0xE01F0)),
    ]
)
_MARKS = frozenset(
    [
        *(*range(0x0300, 0x0370), *range(0x0610, 0x061B), *range(0x064B, 0x0660)),
        *(0x0670, 0x093C),
        *(*range(0x06D6, 0x06DD), *range(0x06DF, 0x06E9), *range(0x06EA, 0x06EE)),
    ]
)
_LOOKING_ALIKE = "0134578@$!|аеорсухіјѕԁһԛԝкмтвнαεορτυνικ"
_LOOK_ALIKES = str.maketrans(_LOOKING_ALIKE, "oieastbasiiaeopcyxijsdhqwkmtbhaeoptuvik")

_WEB = re.compile(
    r"(?:https?://|www\.)\S+|(?<![\w-])[\w-]{1,63}\.(?:com|org|net|info|me|ly|io)(?:/\S*)?\b"
)
_NAME = re.compile(r"(?<!\w)@\w+")
_WORD = re.compile(r"[\w@$|]+(?:!\w+)*")
_LATIN = re.compile(r"[a-z]")
_ALIKE = f"[{re.escape(_LOOKING_ALIKE)}]"
# what stands between blanks and has both a Latin letter and a look-alike
_MIXED = re.compile(rf"(?<!\S)(?=[^\sa-z]*+[a-z])(?=\S*?{_ALIKE})\S+")
_SPACED = re.compile(r"(?<!\w)(?:[^\W\d_][ .\-_*]){2,}[^\W\d_](?!\w)")
_REPEATS = re.compile(r"(\w)\1{2,}")
_BLANKS = re.compile(r"\s+")


class _Folding(dict[str, str]):
    """What one character becomes; worked out once for each."""

    def __missing__(self, character: str) -> str:
        folded = "".join(
            _ARABIC_FAMILIES.get(part, part)
            for part in unicodedata.normalize("NFKD", character)
            if ord(part) not in _INVISIBLE and ord(part) not in _MARKS
        ).lower()
        folded = "".join(_digit(part) for part in folded)
        if len(self) < 100_000:
            self[character] = folded
        return folded


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


_FOLDING = _Folding()


@dataclass(frozen=True)
class Normalised:
    """`origins[i]` is the code point of the original that character i comes from."""

    text: str
    origins: Sequence[int]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Span of the original, end exclusive, that holds these characters of the normal form."""
        return self.origins[start], self.origins[end - 1] + 1


def normalised(text: str) -> Normalised:
    """The normal form. Linear in the length of the text. That of a short text is remembered for a
    while: several parts of scoring ask for it, and reports of one post bring the same text.
    """
    return _remembered(text) if len(text) <= SHORT else _worked_out(text)


def _worked_out(text: str) -> Normalised:
    form, origins = _folded(text)
    for step in PASSES:
        if step.sign.search(form) is not None:
            form, origins = _replaced(step.pattern, step.replacement, form, origins)
    start = len(form) - len(form.lstrip())
    stripped = form.strip()
    return Normalised(stripped, origins[start : start + len(stripped)])


_remembered = lru_cache(maxsize=512)(_worked_out)


def _folded(text: str) -> tuple[str, Sequence[int]]:
    parts = [*map(_FOLDING.__getitem__, text)]
    form = "".join(parts)
    if len(form) == len(text) and "" not in parts:  # each became one
        return form, range(len(text))
    return form, [place for place, part in enumerate(parts) for _ in part]


def letters_only(text: str) -> str:
    """The letters and digits of the normal form, without links and names: what makes two texts
    the same however they are spaced, pointed or decorated.
    """
    return "".join(filter(str.isalnum, normalised(text).text))


def _replaced(
    pattern: re.Pattern[str],
    replacement: Callable[[str], str],
    form: str,
    origins: Sequence[int],
) -> tuple[str, Sequence[int]]:
    pieces: list[str] = []
    places: list[int] = []
    last = 0
    for match in pattern.finditer(form):
        start, end = match.span()
        new = replacement(match.group())
        if new == match.group():
            continue
        pieces += (form[last:start], new)
        places += origins[last:start]
        # the replacement spreads over what it replaces, from its first character to its last
        step = (end - start - 1) / max(len(new) - 1, 1)
        places += [origins[start + round(index * step)] for index in range(len(new))]
        last = end
    if not pieces:
        return form, origins
    return "".join((*pieces, form[last:])), [*places, *origins[last:]]


def _without_look_alikes(mixed: str) -> str:
    return _WORD.sub(lambda word: _in_latin(word.group()), mixed)


def _in_latin(word: str) -> str:
    return word.translate(_LOOK_ALIKES) if _LATIN.search(word) else word


def _without_gaps(word: str) -> str:
    return "".join(character for character in word if character.isalpha())


def _without_repeats(run: str) -> str:
    return run[0] if run[0].isascii() else run[:2]


class Pass(NamedTuple):
    """`sign` is found wherever the pass changes something, and is quicker to look for."""

    pattern: re.Pattern[str]
    replacement: Callable[[str], str]
    sign: re.Pattern[str]


PASSES = (
    Pass(_WEB, lambda _: LINK, re.compile(r"\.|://")),
    Pass(_NAME, lambda _: MENTION, re.compile("@")),
    Pass(_MIXED, _without_look_alikes, re.compile(_ALIKE)),
    Pass(_SPACED, _without_gaps, re.compile(r"[ .\-_*].[ .\-_*]")),
    Pass(_REPEATS, _without_repeats, re.compile(r"(.)\1\1")),
    Pass(_BLANKS, lambda _: " ", re.compile(r"[^\S ]|  ")),
)

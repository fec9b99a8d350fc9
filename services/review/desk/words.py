"""Our own words in the three languages of the desk, with numbers and times as each writes them."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Literal

from babel import Locale as BabelLocale
from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit
from markupsafe import Markup, escape

CATALOGUES = Path(__file__).parent / "catalogues"

Entry = str | Mapping[str, str]


class Language(StrEnum):
    ENGLISH = "en"
    URDU = "ur"
    ARABIC = "ar"


RIGHT_TO_LEFT = frozenset({Language.URDU, Language.ARABIC})


@cache
def catalogue(language: Language) -> Mapping[str, Entry]:
    """All entries of a language: a text, or one text for each plural form."""
    path = CATALOGUES / f"{language}.json"
    entries: dict[str, Entry] = json.loads(path.read_text(encoding="utf-8"))
    return entries


class Words:
    """Speaks one language. What it gives is safe to place in a page: values are escaped, those that
    are markup already (a `<bdi>` around a handle) stay.
    """

    def __init__(self, language: Language) -> None:
        self.language = language
        self.direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
        self._entries = catalogue(language)
        self._babel = BabelLocale.parse(str(language))

    def __call__(self, key: str, /, **values: object) -> Markup:
        """The text under that key. With `count`, its plural form, and `{count}` as a number.

        Raises KeyError for a key that the catalogue does not have.
        """
        entry = self._entries[key]
        if not isinstance(entry, str):
            count = values["count"]
            assert isinstance(count, int | float)
            entry = entry.get(self._babel.plural_form(count)) or entry["other"]
            values["count"] = self.number(count)
        return Markup(escape(entry).format(**values))  # noqa: S704 — escaped on this line

    def has(self, key: str) -> bool:
        return key in self._entries

    def or_else(self, key: str, fallback: str) -> Markup:
        """For what policy data may name beyond the seeded ones."""
        return self(key) if self.has(key) else escape(fallback)

    def number(self, value: float) -> str:
        """Digits are those of Latin script in every language, as keys and ids are."""
        text: str = format_decimal(value, locale=self._babel)
        return text

    def percent(self, share: float) -> str:
        """`share` is 0 to 1."""
        text: str = format_percent(share, locale=self._babel)
        return text

    def ago(self, at: datetime, now: datetime) -> str:
        """How long before `now`; what lies ahead says so."""
        # Babel has no short words for what lies ahead
        width: Literal["short", "long"] = "short" if at <= now else "long"
        text: str = format_timedelta(at - now, add_direction=True, format=width, locale=self._babel)
        return text.replace(".", "") if self.language is Language.ENGLISH else text

    def span(self, seconds: float) -> str:
        """A length of time in its two largest units: 3 h 40 min."""
        return " ".join(
            format_unit(count, f"duration-{unit}", "short", locale=self._babel)
            for unit, count in largest_units(seconds)
        )

    def exactly(self, at: datetime) -> str:
        text: str = format_datetime(at, "d MMM y, HH:mm:ss", locale=self._babel)
        return f"{text} UTC"

    def clock(self, at: datetime) -> str:
        """Time of day, in UTC."""
        text: str = format_datetime(at, "HH:mm:ss", locale=self._babel)
        return text

    def tongue(self, code: str) -> str:
        """Name of a language; the code where nobody has named it."""
        name: str | None = self._babel.languages.get(code.replace("-", "_").split("_")[0])
        return name or code

    def country(self, code: str) -> str:
        name: str | None = self._babel.territories.get(code.upper())
        return name or code


def plain_text(said: Markup) -> str:
    """For places that take no markup: a name stays apart from its direction by characters."""
    return str(said.unescape()).replace("<bdi>", "\u2068").replace("</bdi>", "\u2069")


def largest_units(seconds: float) -> list[tuple[str, int]]:
    """(unit, count), at most two, the second only when it is not zero and the next smaller one."""
    left = max(int(seconds), 0)
    counts = []
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        counts.append((unit, left // size))
        left %= size
    first = next((index for index, (_, count) in enumerate(counts) if count), len(counts) - 1)
    # below an hour seconds say nothing
    last = first + 1 if first >= 2 else first + 2
    return [pair for pair in counts[first:last] if pair[1]] or [("second", 0)]


def minutes_and_seconds(seconds: float) -> str:
    """What a countdown shows: 4:31."""
    left = timedelta(seconds=max(int(seconds), 0))
    minutes, rest = divmod(int(left.total_seconds()), 60)
    return f"{minutes}:{rest:02d}"

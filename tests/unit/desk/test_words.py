"""The three catalogues."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Formatter

import pytest
from markupsafe import Markup

from services.review.desk.rendering import TEMPLATES
from services.review.desk.words import Entry, Language, Words, catalogue, largest_units

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
OTHERS = [language for language in Language if language is not Language.ENGLISH]


def fields(entry: Entry) -> set[str]:
    texts = [entry] if isinstance(entry, str) else list(entry.values())
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


def named(entry: Entry) -> set[str]:
    """Fields that every form of an entry has in every language."""
    return fields(entry) - {"count"}


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_says_the_same_things(language: Language) -> None:
    english, other = catalogue(Language.ENGLISH), catalogue(language)
    assert set(english) == set(other)
    differing = [key for key in english if named(english[key]) != named(other[key])]
    assert differing == []
    assert [k for k in english if isinstance(english[k], str) != isinstance(other[k], str)] == []


@pytest.mark.parametrize("language", list(Language))
def test_every_key_that_a_template_names_is_there(language: Language) -> None:
    named = {
        key
        for path in Path(TEMPLATES).glob("*.html")
        for key in re.findall(r"""\bt\(["']([a-z_]+\.[a-z_.]*[a-z_])["'][,)]""", path.read_text())
    }
    assert len(named) > 100
    assert named - set(catalogue(language)) == set()


def test_values_are_escaped_and_markup_stays() -> None:
    words = Words(Language.ENGLISH)
    hostile = words("others.taken", name="<script>")
    assert hostile == "&lt;script&gt; has just taken this case."
    assert "<bdi>" in words("others.taken", name=Markup("<bdi>A</bdi>"))


def test_arabic_has_its_plural_forms() -> None:
    words = Words(Language.ARABIC)
    said = {words("reports.count", count=count) for count in (1, 2, 3, 11, 100)}
    assert len(said) == 5


@pytest.mark.parametrize("language", list(Language))
def test_times_can_be_said_before_and_after_now(language: Language) -> None:
    words = Words(language)
    assert words.ago(NOW - timedelta(minutes=12), NOW) != words.ago(NOW + timedelta(days=4), NOW)


def test_a_span_has_its_two_largest_units() -> None:
    assert largest_units(13_260) == [("hour", 3), ("minute", 41)]
    assert largest_units(59) == [("second", 59)]
    assert largest_units(0) == [("second", 0)]

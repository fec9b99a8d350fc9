"""Pages as they are made, without a browser."""

import re
from dataclasses import replace

import pytest

from services.review.desk.assets import STATIC
from services.review.desk.keymap import Scope
from services.review.desk.rendering import POLICY, TEMPLATES, Page, markup_of
from services.review.desk.safe_text import pieces
from services.review.desk.views import CaseView
from services.review.desk.visits import by_name
from services.review.desk.words import Language, Words
from tests.builders.desk_cases import NOW, a_case, bar, lease

HOSTILE = "</p><script>alert(1)</script><img src=x onerror=alert(1)>\u202e<hx-partial>{{7*7}}"


def page_of(case: CaseView, language: Language = Language.ENGLISH) -> str:
    values = {
        "case": case,
        "lease": lease(),
        "who_markup": by_name("@a"),
        "queue_id": "threats",
        "colleagues": [],
        "others": "",
        "shown_policies": 4,
        "chosen_policy": "Threats",
        "appeal_days": 180,
        "undo_seconds": 10,
    }
    return markup_of("case.html", Page(Words(language), Scope.CASE, NOW, bar(), values))


@pytest.mark.parametrize("language", list(Language))
def test_a_case_can_be_shown_in_every_language(language: Language) -> None:
    markup = page_of(a_case(), language)
    assert f'<html lang="{language}" dir="{Words(language).direction}">' in markup


def test_hostile_text_is_harmless() -> None:
    case = a_case()
    assert case.author is not None
    author = replace(case.author, handle=HOSTILE, display_name=HOSTILE, bio=pieces(HOSTILE))
    markup = page_of(replace(case, text=pieces(HOSTILE), author=author, links=(HOSTILE,)))
    for forbidden in ("<script>alert", "<img", "<hx-partial", "\u202e</"):
        assert forbidden not in markup
    assert "{{7*7}}" in markup


def test_no_template_has_inline_script_or_style() -> None:
    for path in TEMPLATES.glob("*.html"):
        text = path.read_text()
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", text), path.name
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), path.name


def test_nothing_but_ourselves_may_be_loaded() -> None:
    sources = {part.strip().partition(" ")[2] for part in POLICY.split(";")}
    assert sources == {"'none'", "'self'"}


def test_the_style_sheet_knows_no_left_and_right() -> None:
    css = (STATIC / "desk.css").read_text()
    sides = (
        r"(?:margin|padding|border|inset)-(?:left|right)"
        r"|[^-\w](?:left|right)\s*:|text-align:\s*(?:left|right)"
    )
    assert re.findall(sides, css) == []

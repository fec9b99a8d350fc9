"""Pages as they are made, without a browser."""

import re
from dataclasses import replace

import pytest

from services.review.desk.assets import STATIC
from services.review.desk.keymap import Scope
from services.review.desk.media import TERMS_OF
from services.review.desk.rendering import TEMPLATES, Page, content_policy, markup_of
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
        "media_terms": {"blur", "mute"},
        "terms_of": TERMS_OF,
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
    for forbidden in ("<script>alert", "<img src=x", "<hx-partial", "\u202e</"):
        assert forbidden not in markup
    assert "{{7*7}}" in markup


def test_no_template_has_inline_script_or_style() -> None:
    for path in TEMPLATES.glob("*.html"):
        text = path.read_text()
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", text), path.name
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), path.name


def test_nothing_but_ourselves_may_be_loaded() -> None:
    sources = {part.strip().partition(" ")[2] for part in content_policy().split(";")}
    assert sources == {"'none'", "'self'"}


def test_only_media_may_come_from_the_origins_that_are_named() -> None:
    named = {part.strip() for part in content_policy("https://pbs.example").split(";")}
    ours = {part.strip() for part in content_policy().split(";")}
    assert named - ours == {
        "img-src 'self' https://pbs.example",
        "media-src 'self' https://pbs.example",
    }


def test_media_is_under_a_closed_cover_and_on_the_readers_terms() -> None:
    markup = page_of(a_case())
    cover = markup.partition('<details class="cover"')[2].partition("</details>")[0]
    assert "open" not in cover.partition(">")[0]
    inert = cover.partition("<template")[2].partition("</template>")[0]
    assert cover.count("<img") == inert.count('<img src="https://pbs.example/1.jpg"') == 1
    assert re.findall(r'data-term="(\w+)"[^>]*?( checked|)>', cover) == [
        ("blur", " checked"),
        ("grey", ""),
    ]


def test_every_distance_lies_on_the_grid() -> None:
    css = (STATIC / "desk.css").read_text()
    distances = re.findall(r"(?:padding|margin|gap|inset)[a-z-]*:([^;}]+)", css)
    lengths = [float(found) for value in distances for found in re.findall(r"([\d.]+)px", value)]
    assert len(lengths) > 100
    assert [length for length in lengths if length % 4] == []


def test_there_are_four_sizes_of_type() -> None:
    css = (STATIC / "desk.css").read_text()
    sizes = re.findall(r"font-size:\s*([^;}]+)|font:\s*[^;]*?(\S+)/", css)
    used = {first or second for first, second in sizes} - {"inherit"}
    assert used == {f"var(--{name})" for name in ("little", "plain", "large", "title")}


def test_the_style_sheet_knows_no_left_and_right() -> None:
    css = (STATIC / "desk.css").read_text()
    sides = (
        r"(?:margin|padding|border|inset)-(?:left|right)"
        r"|[^-\w](?:left|right)\s*:|text-align:\s*(?:left|right)"
    )
    assert re.findall(sides, css) == []

"""Pages from templates: what others wrote is escaped, nothing is inline, one strict policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from services.review.desk.assets import versioned
from services.review.desk.keymap import Act, Binding, Scope, bindings_for, first_binding
from services.review.desk.lettering import language_of
from services.review.desk.likelihood import likelihood
from services.review.desk.preferences import DEFAULT, Preferences, own_keymap
from services.review.desk.safe_text import Piece, plain
from services.review.desk.views import BarView, FactorView
from services.review.desk.words import Words, minutes_and_seconds

TEMPLATES = Path(__file__).parent / "templates"

# `default-src 'none'` and then what the desk loads, all of it from itself but for the media of a
# case. Trusted types are left out: htmx swaps nothing under them.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'{media};"
    " media-src 'self'{media}; connect-src 'self'; font-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)

# What the footer reminds of, by scope; `?` has the rest.
HINTS: Mapping[Scope, tuple[Act, ...]] = {
    Scope.ANYWHERE: (),
    Scope.LIST: (Act.NEXT, Act.PREVIOUS, Act.OPEN, Act.SEARCH, Act.PALETTE, Act.LEGEND),
    Scope.CASE: (
        Act.NEXT,
        Act.PREVIOUS,
        Act.POLICY,
        Act.REASON,
        Act.NOTE,
        Act.UNDO,
        Act.QUEUES,
        Act.PALETTE,
        Act.LEGEND,
    ),
    Scope.APPEAL: (Act.NEXT, Act.PREVIOUS, Act.REASON, Act.NOTE, Act.QUEUES, Act.LEGEND),
}

# Templates are strict about names; these are the ones that a page may leave out.
DEFAULTS: Mapping[str, object] = {
    "appeal": None,
    "bar": None,
    "bare": False,
    "case_id": None,
    "claimable": False,
    "draft": None,
    "here": None,
    "lease": None,
    "lost": None,
    "more": None,
    "path": "/queues",
    "problem": None,
    "query": None,
    "request_id": None,
    "retry": None,
    "saved": False,
    "trouble": False,
    "updated": False,
    "was_mine": False,
    "where": None,
    "who": None,
    "wrong": {},
}


@dataclass(frozen=True)
class Page:
    """What a page is made of besides its template. `now` is the time that it shows; `own` is what
    its reader set; `media_origins` is from where it may load media beside itself.
    """

    words: Words
    scope: Scope
    now: datetime
    bar: BarView | None
    values: Mapping[str, object]
    own: Preferences = DEFAULT
    media_origins: str = ""


@cache
def environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals.update(
        as_json=_as_json,
        asset=cache(versioned),
        language_of=_language_of,
        likely=likelihood,
        minutes_and_seconds=minutes_and_seconds,
        plain=plain,
    )
    return found


def markup_of(template: str, page: Page) -> str:
    """The template filled in."""
    return environment().get_template(template).render(context_of(page))


def respond(template: str, page: Page, status: int = 200) -> HTMLResponse:
    """The page with the policy that keeps everything foreign out of it."""
    return HTMLResponse(
        markup_of(template, page),
        status_code=status,
        headers={
            "Content-Security-Policy": content_policy(page.media_origins),
            "Cache-Control": "no-store",
        },
    )


def content_policy(media_origins: str = "") -> str:
    """What the browser may load, as it is told."""
    return POLICY.format(media=f" {media_origins.strip()}" if media_origins.strip() else "")


def context_of(page: Page) -> dict[str, object]:
    keys = _Keys(page.scope, own_keymap(page.own.keys), on=page.own.keys_on)
    return {
        **DEFAULTS,
        "t": page.words,
        "now": page.now,
        "bar": page.bar,
        "scope": page.scope,
        "own": page.own,
        "bindings": bindings_for(page.scope, keys.keymap),
        "hints": HINTS[page.scope],
        "cap": keys.cap,
        "keyed": keys.keyed,
        "factor_sentence": lambda factor: factor_sentence(page.words, factor),
        **page.values,
    }


def factor_sentence(words: Words, factor: FactorView) -> Markup | str:
    """The reason in the reader's language; as it was stored where this version has no words."""
    match factor.name:
        case "violation":
            return words(f"factor.violation.{likelihood(factor.value)}")
        case "reporters":
            return words("factor.reporters", count=round(factor.value))
        case "record" if factor.of:
            confirmed = words.number(round(factor.value))
            return words("factor.record", value=confirmed, count=factor.of)
        case "precedent":
            finding = "violation" if factor.value > 0 else "no_violation"
            return words(f"factor.precedent.{finding}")
        case "waiting":
            return words("factor.waiting", value=words.span(factor.value * 3600))
        case _ if words.has(f"factor.{factor.name}"):
            return words(f"factor.{factor.name}", value=words.number(round(factor.value)))
        case _:
            return factor.sentence


@dataclass(frozen=True)
class _Keys:
    """The keys of a page as its elements wear them; none while single keys are off."""

    scope: Scope
    keymap: Sequence[Binding]
    on: bool

    def cap(self, act: str) -> Markup:
        """The key cap that a button of this act wears, nothing where the page has no such key."""
        binding = self._binding(act)
        if binding is None:
            return Markup()
        return Markup('<kbd data-cap="{}" aria-hidden="true">{}</kbd>').format(act, binding.shown)

    def keyed(self, act: str) -> Markup:
        """The attributes by which a key, or the palette, finds its element."""
        binding = self._binding(act)
        shortcut = Markup()
        if binding is not None and binding.aria:
            shortcut = Markup(' aria-keyshortcuts="{}"').format(binding.aria)
        return Markup('data-act="{}"').format(act) + shortcut

    def _binding(self, act: str) -> Binding | None:
        found = first_binding(self.scope, Act(act), self.keymap)
        return found if found is not None and (self.on or found.ctrl) else None


def _language_of(shown: Sequence[Piece], stated: str | None = None) -> str | None:
    return language_of("".join(piece.text for piece in shown if not piece.token), stated)


def _as_json(value: object) -> str:
    return plain_lines(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def plain_lines(text: str) -> str:
    """Each line without what hides; the lines stay."""
    return "\n".join(
        line[: len(line) - len(line.lstrip())] + plain(line) for line in text.split("\n")
    )

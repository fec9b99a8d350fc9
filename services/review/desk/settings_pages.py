"""What reviewers set for themselves."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.review.database.session import Session
from services.review.desk import repository
from services.review.desk.failures import DeskRoute
from services.review.desk.forms import Form, read_form
from services.review.desk.keymap import KEYMAP, Act, Scope
from services.review.desk.media import Term, Terms, differences, own_terms, terms_named
from services.review.desk.preferences import Preferences, own_keymap, wrong_keys
from services.review.desk.visits import HasVisit, Visit

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

MOST_CHARACTERS = 20


@router.get("/settings")
async def settings_page(visit: HasVisit, saved: str = "") -> Response:
    async with visit.parts.database.as_reviewer(visit.viewer.platforms) as session:
        _, facts = await visit.bar(session)
        own = facts.preferences
        return await _form(visit, session, own, typed=typed_keys(own.keys), saved=bool(saved))


@router.post("/settings")
async def save(request: Request, visit: HasVisit) -> Response:
    form = await read_form(request, visit.viewer)
    chosen = chosen_in(form, terms_named(visit.parts.settings.media_terms))
    wrong = wrong_keys(chosen.keys)
    async with visit.parts.database.as_reviewer(visit.viewer.platforms) as session:
        if wrong:
            typed = typed_keys({}) | chosen.keys
            return await _form(visit, session, chosen, typed=typed, wrong=wrong, status=422)
        await repository.save_preferences(session, visit.viewer.reviewer_id, chosen)
    return RedirectResponse("/settings?saved=1", 303)


async def _form(
    visit: Visit,
    session: Session,
    chosen: Preferences,
    *,
    typed: Mapping[Act, str],
    wrong: Mapping[Act, str] | None = None,
    saved: bool = False,
    status: int = 200,
) -> Response:
    return await visit.page(
        session,
        "settings.html",
        Scope.ANYWHERE,
        status=status,
        chosen=chosen,
        terms=list(Term),
        media_terms=own_terms(terms_named(visit.parts.settings.media_terms), chosen.media),
        typed=typed,
        groups=grouped_acts(),
        wrong=wrong or {},
        saved=saved,
        here="settings",
    )


def chosen_in(form: Form, usual_terms: Terms) -> Preferences:
    """What the form asks for: of keys and terms, those that differ from the usual ones."""
    usual = typed_keys({})
    asked = {act: " ".join(form.one(f"key.{act}").split())[:MOST_CHARACTERS] for act in usual}
    reset = bool(form.one("reset"))
    keys = {act: keys for act, keys in asked.items() if keys not in ("", usual[act]) and not reset}
    return Preferences(
        keys_on=bool(form.one("keys_on")),
        keys=keys,
        media=differences(usual_terms, frozenset(term for term in Term if form.one(term))),
    )


def typed_keys(keys: Mapping[Act, str]) -> dict[Act, str]:
    """The key of each act that can have another, as it is typed."""
    found: dict[Act, str] = {}
    for binding in own_keymap(keys):
        if not binding.ctrl:
            found.setdefault(binding.act, " ".join(binding.keys))
    return found


def grouped_acts() -> list[tuple[Scope, list[Act]]]:
    """Each act once, under the first scope that has it."""
    groups: dict[Scope, list[Act]] = {}
    known: set[Act] = set()
    for binding in KEYMAP:
        if not binding.ctrl and binding.act not in known:
            groups.setdefault(binding.scope, []).append(binding.act)
        known.add(binding.act)
    return list(groups.items())

"""Who looks at a page, in which language, and with what in the bar."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from services.review.database.session import Session
from services.review.desk import repository
from services.review.desk.keymap import Scope
from services.review.desk.rendering import Page, respond
from services.review.desk.repository import BarFacts
from services.review.desk.views import BarView, UndoView
from services.review.desk.words import Language, Words
from services.review.parts import HasParts, Parts
from services.review.reviewers.access import viewer_of_cookie
from services.review.reviewers.models import Viewer
from services.review.route_access import AccessRule
from shared.errors import Permanent

LOCALE_COOKIE = "mizan_locale"


class LogInFirst(Permanent):
    """Nobody is logged in."""


@dataclass(frozen=True)
class Visit:
    viewer: Viewer
    words: Words
    parts: Parts

    async def bar(self, session: Session) -> tuple[BarView, BarFacts]:
        facts = await repository.load_bar(session, self.viewer.reviewer_id)
        undo = None
        if facts.undoable is not None:
            found = facts.undoable
            first = str(found.actions[0].get("action")) if found.actions else None
            undo = UndoView(found.decision_id, found.finding, first, found.count, found.seconds)
        bar = BarView(self.viewer.name, self.viewer.csrf_token, facts.held, undo)
        return bar, facts

    async def page(
        self,
        session: Session,
        template: str,
        scope: Scope,
        *,
        status: int = 200,
        **values: object,
    ) -> Response:
        bar, facts = await self.bar(session)
        own, origins = facts.preferences, self.parts.settings.media_origins
        page = Page(self.words, scope, facts.now, bar, values, own, media_origins=origins)
        return respond(template, page, status)


class LoggedIn(AccessRule):
    """Whoever has a session may look; what changes something asks for the right besides."""

    async def __call__(self, request: Request, parts: HasParts) -> Visit:
        viewer = await viewer_of_cookie(request, parts)
        if viewer is None:
            raise LogInFirst("Log in first.")
        return Visit(viewer, words_of(request, viewer.locale), parts)


HasVisit = Annotated[Visit, Depends(LoggedIn())]


def words_of(request: Request, preferred: str = "") -> Words:
    """The language chosen in this browser, else the person's, else the browser's own."""
    asked = request.headers.get("accept-language", "")[:2]
    known = set(Language)
    for code in (request.cookies.get(LOCALE_COOKIE, ""), preferred, asked):
        if code in known:
            return Words(Language(code))
    return Words(Language.ENGLISH)


def by_name(handle: str | None) -> Markup:
    """A handle as it stands in a sentence of ours: apart from its direction."""
    return Markup("<bdi>{}</bdi>").format(handle or "–")

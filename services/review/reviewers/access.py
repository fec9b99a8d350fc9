"""Who asks: bearer tokens of programs and cookies of the desk, and the right that a route needs."""

import secrets
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from services.review.errors import Forbidden, Unauthenticated
from services.review.parts import HasParts, Parts
from services.review.reviewers import service
from services.review.reviewers.models import Viewer
from services.review.reviewers.rules import Right
from services.review.route_access import AccessRule

COOKIE = "mizan_session"
CSRF_HEADER = "x-csrf-token"
_SAFE = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True)
class ViewerWith(AccessRule):
    """Dependency that gives the viewer, or refuses: 401 without a session, 403 without the right.

    A session in a cookie needs its CSRF token in a header for everything but reading.
    """

    right: Right

    async def __call__(self, request: Request, parts: HasParts) -> Viewer:
        viewer = await _viewer(request, parts)
        if not viewer.may(self.right):
            raise Forbidden("no_right", "None of your roles may do this.")
        return viewer


async def viewer_of_cookie(request: Request, parts: Parts) -> Viewer | None:
    """Who the cookie belongs to, for pages that send strangers to the log-in. Forms bring the CSRF
    token in a field: check it with `csrf_matches`.
    """
    token = request.cookies.get(COOKIE)
    return await service.find_viewer(parts.database, token) if token else None


def csrf_matches(viewer: Viewer, given: str | None) -> bool:
    return given is not None and secrets.compare_digest(given.encode(), viewer.csrf_token.encode())


async def _viewer(request: Request, parts: Parts) -> Viewer:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    by_cookie = scheme.lower() != "bearer"
    token = request.cookies.get(COOKIE) if by_cookie else bearer.strip()
    viewer = await service.find_viewer(parts.database, token) if token else None
    if viewer is None:
        raise Unauthenticated("no_session", "There is no session, or it is over. Log in.")
    unsafe = request.method not in _SAFE
    if by_cookie and unsafe and not csrf_matches(viewer, request.headers.get(CSRF_HEADER)):
        raise Forbidden("csrf", "The header X-CSRF-Token is missing or not this session's.")
    return viewer


ViewingReviewer = Annotated[Viewer, Depends(ViewerWith(Right.VIEW))]
WorkingReviewer = Annotated[Viewer, Depends(ViewerWith(Right.REVIEW))]
NotingReviewer = Annotated[Viewer, Depends(ViewerWith(Right.NOTE))]
AppealsReviewer = Annotated[Viewer, Depends(ViewerWith(Right.DECIDE_APPEALS))]

"""Skip, hold, escalate, assign and notes over HTTP. The lease token is a field or a header."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Header
from pydantic import BaseModel, Field, StringConstraints
from starlette.requests import Request

from services.review.cases import work
from services.review.cases.views import NoteView
from services.review.cases.work_views import MovedView
from services.review.errors import FieldError, Unacceptable
from services.review.json_bodies import read_json
from services.review.parts import HasParts
from services.review.reviewers.access import NotingReviewer, WorkingReviewer

router = APIRouter(prefix="/api/v1/cases/{case_id}")

Reason = Annotated[str, StringConstraints(max_length=2_000)]
Said = Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True)]
Token = Annotated[str, StringConstraints(min_length=1, max_length=200)]
HeaderToken = Annotated[str | None, Header(alias="Lease-Token", max_length=200)]


class LeasedBody(BaseModel):
    lease_token: Token | None = None


class SkipBody(LeasedBody):
    reason: Reason | None = None


class HoldBody(LeasedBody):
    reason: Reason | None = None
    hours: float = Field(24, gt=0, le=168)


class EscalateBody(LeasedBody):
    reason: Said


class AssignBody(LeasedBody):
    reviewer_id: Annotated[str, StringConstraints(min_length=1, max_length=254)]
    reason: Reason | None = None


class NoteBody(BaseModel):
    text: Annotated[str, StringConstraints(min_length=1, max_length=10_000, strip_whitespace=True)]


@router.post("/skip")
async def skip(
    case_id: str,
    request: Request,
    parts: HasParts,
    viewer: WorkingReviewer,
    token: HeaderToken = None,
) -> MovedView:
    body = await read_json(request, SkipBody)
    async with parts.database.as_reviewer(viewer.platforms) as session:
        return await work.skip(session, viewer, case_id, _token(body, token), reason=body.reason)


@router.post("/hold")
async def hold(
    case_id: str,
    request: Request,
    parts: HasParts,
    viewer: WorkingReviewer,
    token: HeaderToken = None,
) -> MovedView:
    body = await read_json(request, HoldBody)
    async with parts.database.as_reviewer(viewer.platforms) as session:
        return await work.hold(
            session,
            viewer,
            case_id,
            _token(body, token),
            reason=body.reason,
            keep=timedelta(hours=body.hours),
        )


@router.post("/escalate")
async def escalate(
    case_id: str,
    request: Request,
    parts: HasParts,
    viewer: WorkingReviewer,
    token: HeaderToken = None,
) -> MovedView:
    body = await read_json(request, EscalateBody)
    async with parts.database.as_reviewer(viewer.platforms) as session:
        return await work.escalate(
            session, viewer, case_id, _token(body, token), reason=body.reason
        )


@router.post("/assign")
async def assign(
    case_id: str,
    request: Request,
    parts: HasParts,
    viewer: WorkingReviewer,
    token: HeaderToken = None,
) -> MovedView:
    body = await read_json(request, AssignBody)
    async with parts.database.as_reviewer(viewer.platforms) as session:
        return await work.assign(
            session,
            viewer,
            case_id,
            _token(body, token),
            to=body.reviewer_id,
            reason=body.reason,
        )


@router.post("/notes", status_code=201)
async def add_note(
    case_id: str, request: Request, parts: HasParts, viewer: NotingReviewer
) -> NoteView:
    body = await read_json(request, NoteBody)
    async with parts.database.as_reviewer(viewer.platforms) as session:
        return await work.add_note(session, viewer, case_id, body.text, new_id=parts.new_id)


def _token(body: LeasedBody, header: str | None) -> str:
    token = body.lease_token or header
    if not token:
        missing = FieldError("/lease_token", "missing", "Send it here or in Lease-Token.")
        raise Unacceptable("invalid_body", "The lease token is missing.", errors=[missing])
    return token

"""Deciding and undoing over HTTP."""

from datetime import timedelta

from fastapi import APIRouter
from starlette.requests import Request

from services.review.decisions import service
from services.review.decisions.requests import DecisionRequest, UndoRequest
from services.review.decisions.views import DecidedView, UndoneView
from services.review.json_bodies import read_json
from services.review.parts import HasParts
from services.review.reviewers.access import WorkingReviewer

router = APIRouter(prefix="/api/v1")


@router.post("/cases/{case_id}/decisions", status_code=201)
async def decide(
    case_id: str, request: Request, parts: HasParts, viewer: WorkingReviewer
) -> DecidedView:
    body = await read_json(request, DecisionRequest)
    terms = service.Terms(timedelta(seconds=parts.settings.undo_seconds), parts.new_id)
    async with parts.database.as_reviewer(viewer.platforms) as session:
        return await service.decide(session, viewer, case_id, body, terms)


@router.post("/decisions/{decision_id}/undo")
async def undo(
    decision_id: str, request: Request, parts: HasParts, viewer: WorkingReviewer
) -> UndoneView:
    body = await read_json(request, UndoRequest)
    async with parts.database.as_reviewer(viewer.platforms) as session:
        return await service.undo(
            session, viewer, decision_id, body, lease_seconds=parts.settings.lease_seconds
        )

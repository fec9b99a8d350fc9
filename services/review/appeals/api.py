"""Appeals over HTTP, for reviewers. They are claimed from the queue `appeals`."""

from fastapi import APIRouter
from starlette.requests import Request

from services.review.appeals import reading, service
from services.review.cases.views import AppealView
from services.review.decisions.requests import OutcomeRequest
from services.review.decisions.views import OutcomeView
from services.review.json_bodies import read_json
from services.review.parts import HasParts
from services.review.reviewers.access import AppealsReviewer, ViewingReviewer

router = APIRouter(prefix="/api/v1/appeals/{appeal_id}")


@router.get("")
async def view_appeal(appeal_id: str, parts: HasParts, viewer: ViewingReviewer) -> AppealView:
    async with parts.database.as_reviewer(viewer.platforms) as session:
        return await reading.view_appeal(session, viewer, appeal_id)


@router.post("/outcome")
async def decide_appeal(
    appeal_id: str, request: Request, parts: HasParts, viewer: AppealsReviewer
) -> OutcomeView:
    body = await read_json(request, OutcomeRequest)
    async with parts.database.as_reviewer(viewer.platforms) as session:
        return await service.decide_appeal(session, viewer, appeal_id, body, parts.new_id)

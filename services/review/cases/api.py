"""Claims, leases and cases over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Header
from pydantic import BaseModel, Field
from starlette.requests import Request

from services.review.cases import leases, reading, service
from services.review.cases.views import CaseView, ClaimsView, ClaimView, LeaseEnd
from services.review.json_bodies import read_json
from services.review.parts import HasParts
from services.review.reviewers.access import ViewingReviewer, WorkingReviewer

router = APIRouter(prefix="/api/v1")

LeaseToken = Annotated[str, Header(alias="Lease-Token", min_length=1, max_length=200)]


class ClaimBody(BaseModel):
    size: int = Field(1, ge=1, le=20, strict=True)


@router.post("/queues/{queue_id}/claims")
async def claim_next(
    queue_id: str, request: Request, parts: HasParts, viewer: WorkingReviewer
) -> ClaimsView:
    body = await read_json(request, ClaimBody)
    async with parts.database.as_reviewer(viewer.platforms) as session:
        return await service.claim_next(
            session,
            viewer,
            queue_id,
            size=body.size,
            lease_seconds=parts.settings.lease_seconds,
            share=parts.draw_share(),
        )


@router.post("/cases/{case_id}/claim")
async def claim_case(case_id: str, parts: HasParts, viewer: WorkingReviewer) -> ClaimView:
    async with parts.database.as_reviewer(viewer.platforms) as session:
        return await service.claim_case(
            session, viewer, case_id, lease_seconds=parts.settings.lease_seconds
        )


@router.post("/leases/{lease_id}/heartbeat")
async def heartbeat(
    lease_id: str, token: LeaseToken, parts: HasParts, viewer: WorkingReviewer
) -> LeaseEnd:
    async with parts.database.as_reviewer(viewer.platforms) as session:
        return await leases.heartbeat(
            session, viewer, lease_id, token, seconds=parts.settings.lease_seconds
        )


@router.delete("/leases/{lease_id}", status_code=204)
async def release(
    lease_id: str, token: LeaseToken, parts: HasParts, viewer: WorkingReviewer
) -> None:
    async with parts.database.as_reviewer(viewer.platforms) as session:
        await leases.release(session, viewer, lease_id, token)


@router.get("/cases/{case_id}")
async def view_case(case_id: str, parts: HasParts, viewer: ViewingReviewer) -> CaseView:
    async with parts.database.as_reviewer(viewer.platforms) as session:
        return await reading.view_case(session, viewer, case_id)

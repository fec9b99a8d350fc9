"""Queues, search, accounts and audit trails over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.review.cases import search, trail
from services.review.cases.list_views import AccountView, AuditView, CasePage, QueuesView
from services.review.cases.queue_counts import queues_view
from services.review.parameters import only_parameters
from services.review.parts import HasParts
from services.review.reviewers.access import ViewingReviewer

router = APIRouter(prefix="/api/v1")

Filter = Annotated[str | None, Query(min_length=1, max_length=300)]


@router.get("/queues", dependencies=[Depends(only_parameters())])
async def list_queues(parts: HasParts, viewer: ViewingReviewer) -> QueuesView:
    return queues_view(await parts.queue_counts.now(), viewer)


@router.get(
    "/cases",
    dependencies=[Depends(only_parameters("subject_id", "state", "q", "cursor", "limit"))],
)
async def search_cases(
    parts: HasParts,
    viewer: ViewingReviewer,
    subject_id: Filter = None,
    state: Filter = None,
    q: Filter = None,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
    limit: Annotated[int, Query(ge=1, le=search.MOST)] = 50,
) -> CasePage:
    async with parts.database.as_reviewer(viewer.platforms, searching=True) as session:
        return await search.search_cases(
            session,
            viewer,
            key=parts.settings.cursor_key.get_secret_value().encode(),
            subject_id=subject_id,
            state=state,
            q=q,
            cursor=cursor,
            limit=limit,
        )


@router.get("/cases/{case_id}/audit")
async def view_trail(case_id: str, parts: HasParts, viewer: ViewingReviewer) -> AuditView:
    async with parts.database.as_reviewer(viewer.platforms, searching=True) as session:
        return await trail.view_trail(session, viewer, case_id)


@router.get("/accounts/{subject_id:path}")
async def view_account(subject_id: str, parts: HasParts, viewer: ViewingReviewer) -> AccountView:
    async with parts.database.as_reviewer(viewer.platforms, searching=True) as session:
        return await search.view_account(session, viewer, subject_id)

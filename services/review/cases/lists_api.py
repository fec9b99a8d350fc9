"""Queues, search, accounts and audit trails over HTTP."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from services.review.cases import search, trail
from services.review.cases.list_views import AccountView, AuditView, CasePage, QueuesView
from services.review.cases.queue_counts import queues_view
from services.review.errors import Malformed
from services.review.parts import HasParts
from services.review.reviewers.access import ViewingReviewer

router = APIRouter(prefix="/api/v1")

Filter = Annotated[str | None, Query(min_length=1, max_length=300)]


def only_parameters(*names: str) -> Callable[[Request], None]:
    """Dependency that refuses other parameters, and one given twice."""

    def dependency(request: Request) -> None:
        given = [name for name, _ in request.query_params.multi_items()]
        wrong = [name for name in given if name not in names or given.count(name) > 1]
        if wrong:
            raise Malformed(
                "unknown_parameter",
                "Unknown or repeated parameter.",
                facts={"parameters": [*sorted(set(wrong))[:10]], "known": [*names]},
            )

    return dependency


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
    async with parts.database.as_reviewer(viewer.platforms) as session:
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
    async with parts.database.as_reviewer(viewer.platforms) as session:
        return await trail.view_trail(session, viewer, case_id)


@router.get("/accounts/{subject_id:path}")
async def view_account(subject_id: str, parts: HasParts, viewer: ViewingReviewer) -> AccountView:
    async with parts.database.as_reviewer(viewer.platforms) as session:
        return await search.view_account(session, viewer, subject_id)

"""The list of queues, live, and the next case of one."""

from collections.abc import AsyncIterator

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from services.review.cases import service
from services.review.database.outage import is_outage
from services.review.desk import held_leases
from services.review.desk.counted import visible_queues
from services.review.desk.failures import DeskRoute
from services.review.desk.forms import read_form
from services.review.desk.keymap import Scope
from services.review.desk.rendering import Page, markup_of
from services.review.desk.visits import HasVisit, Visit
from services.review.errors import Forbidden, NotFound
from services.review.policies.repository import list_queues
from services.review.reviewers.models import APPEALS
from services.review.reviewers.rules import Right

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

LIVE_SECONDS = 3.0
# A stream ends now and then, so that who lost the right to look stops seeing; browsers come back.
LIVE_TURNS = 20
NOTHING = {"empty", "all_leased", "not_eligible"}


@router.get("/queues")
async def queues_page(visit: HasVisit) -> Response:
    async with visit.parts.database.as_reviewer(visit.viewer.platforms) as session:
        queues = await visible_queues(visit)
        return await visit.page(session, "queues.html", Scope.LIST, queues=queues, here="queues")


@router.get("/queues/live")
async def live(visit: HasVisit) -> Response:
    return StreamingResponse(
        _stream(visit), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


@router.post("/queues/{queue_id}/next")
async def next_case(queue_id: str, request: Request, visit: HasVisit) -> Response:
    await read_form(request, visit.viewer)
    return await go_to_next(request, visit, queue_id)


@router.get("/queues/{queue_id}/{why}")
async def nothing_page(queue_id: str, why: str, visit: HasVisit) -> Response:
    async with visit.parts.database.as_reviewer(visit.viewer.platforms) as session:
        queues = await list_queues(session)
        if queue_id not in queues or why not in NOTHING:
            raise NotFound("not_found", "There is no such page.")
        return await visit.page(
            session,
            "nothing.html",
            Scope.LIST,
            why=why,
            queue_id=queue_id,
            queue_title=visit.words.or_else(f"queue.{queue_id}", queues[queue_id].title),
        )


async def go_to_next(request: Request, visit: Visit, queue_id: str) -> Response:
    """Claims the next of the queue and leads to it, or to the page that says why there is none."""
    needed = Right.DECIDE_APPEALS if queue_id == APPEALS else Right.REVIEW
    if not visit.viewer.may(needed):
        raise Forbidden("no_right", "None of your roles may do this.")
    async with visit.parts.database.as_reviewer(visit.viewer.platforms) as session:
        leased, reason = await service.lease_next(
            session,
            visit.viewer,
            queue_id,
            size=1,
            lease_seconds=visit.parts.settings.lease_seconds,
            share=visit.parts.draw_share(),
        )
    if not leased:
        return RedirectResponse(f"/queues/{queue_id}/{reason or 'empty'}", 303)
    (taken,) = leased
    place = f"/appeals/{taken.appeal_id}" if taken.appeal_id else f"/cases/{taken.case_id}"
    answer = RedirectResponse(place, 303)
    held_leases.remember(request, answer, taken.lease)
    return answer


async def _stream(visit: Visit) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    for _ in range(LIVE_TURNS):
        if await visit.parts.stopping.within(LIVE_SECONDS):
            return
        try:
            async with visit.parts.database.as_reviewer(visit.viewer.platforms) as session:
                bar, facts = await visit.bar(session)
            queues = await visible_queues(visit)
        except Exception as error:
            if is_outage(error):
                return  # the page says that its numbers stand still, and comes back
            raise
        page = Page(visit.words, Scope.LIST, facts.now, bar, {"queues": queues}, facts.preferences)
        lines = markup_of("queues_table.html", page).splitlines()
        yield "event: queues\n" + "".join(f"data: {line}\n" for line in lines) + "\n"

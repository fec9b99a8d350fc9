"""Search, and what is in the reader's hands."""

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.responses import Response

from services.review.desk import repository
from services.review.desk.keymap import Scope
from services.review.desk.repository import Line
from services.review.desk.safe_text import pieces, plain
from services.review.desk.views import FoundView
from services.review.desk.visits import DeskRoute, HasVisit

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

STATES = {"queued", "held", "escalated", "decided", "closed"}


@router.get("/search")
async def search_page(visit: HasVisit, q: str = "", state: str = "") -> Response:
    words = q.replace("\x00", "").strip()[:300]
    wanted = state if state in STATES else ""
    async with visit.parts.database.as_reviewer(visit.viewer.platforms) as session:
        ids = await repository.search(session, words, wanted) if words or wanted else []
        found = _found(await repository.list_lines(session, ids))
        return await visit.page(
            session, "search.html", Scope.LIST, found=found, query=words, state=wanted
        )


@router.get("/work")
async def work_page(visit: HasVisit) -> Response:
    async with visit.parts.database.as_reviewer(visit.viewer.platforms) as session:
        hands = await repository.load_hands(session, visit.viewer.reviewer_id)
        groups = [
            (name, _found(await repository.list_lines(session, ids)))
            for name, ids in (
                ("leased", hands.leased),
                ("held", hands.held),
                ("assigned", hands.assigned),
            )
        ]
        return await visit.page(session, "work.html", Scope.LIST, groups=groups, here="work")


def _found(lines: Sequence[Line]) -> list[FoundView]:
    return [
        FoundView(
            case_id=line.case_id,
            subject_id=line.subject_id,
            state=line.state,
            queue_title=line.queue_id,
            platform=line.platform,
            handle=plain(line.handle).removeprefix("@") if line.handle else None,
            text=pieces(line.excerpt),
            report_count=line.report_count,
            opened_at=line.opened_at,
        )
        for line in lines
    ]

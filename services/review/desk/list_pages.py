"""Search, and what is in the reader's hands."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from services.review.cases.list_views import CasePage
from services.review.cases.rules import CaseState
from services.review.cases.search import search_cases
from services.review.desk import repository
from services.review.desk.failures import DeskRoute
from services.review.desk.keymap import Scope
from services.review.desk.repository import Line
from services.review.desk.safe_text import pieces, plain
from services.review.desk.views import FoundView
from services.review.desk.visits import HasVisit
from services.review.reviewers.models import APPEALS

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

MOST_CHARACTERS = 300
PAGE_LINES = 50


@router.get("/search")
async def search_page(visit: HasVisit, q: str = "", state: str = "", cursor: str = "") -> Response:
    words = q.replace("\x00", "").strip().removeprefix("@")[:MOST_CHARACTERS]
    wanted = state if state in set(CaseState) else ""
    found = CasePage(items=[], next_cursor=None)
    async with visit.parts.database.as_reviewer(visit.viewer.platforms, searching=True) as session:
        if words or wanted:
            found = await search_cases(
                session,
                visit.viewer,
                key=visit.parts.settings.cursor_key.get_secret_value().encode(),
                state=wanted or None,
                q=words or None,
                cursor=cursor[:1_000] or None,
                limit=PAGE_LINES,
            )
        lines = await repository.list_lines(session, [item.case_id for item in found.items])
        return await visit.page(
            session,
            "search.html",
            Scope.LIST,
            found=_found(lines),
            query=words,
            state=wanted,
            here="search",
            more=found.next_cursor
            and urlencode({"q": words, "state": wanted, "cursor": found.next_cursor}),
        )


@router.get("/work")
async def work_page(visit: HasVisit) -> Response:
    async with visit.parts.database.as_reviewer(visit.viewer.platforms, searching=True) as session:
        hands = await repository.load_hands(session, visit.viewer.reviewer_id)
        groups = [
            (name, _found(await repository.list_lines(session, ids)))
            for name, ids in (
                ("leased", hands.leased),
                ("held", hands.held),
                ("assigned", hands.assigned),
            )
        ]
        appealed = {
            line.case_id: line
            for line in await repository.list_lines(session, list(hands.appeals.values()))
        }
        for appeal_id, case_id in hands.appeals.items():
            if case_id in appealed:
                (line,) = _found([appealed[case_id]])
                place = f"/appeals/{appeal_id}"
                groups[0][1].append(replace(line, place=place, queue_title=APPEALS))
        return await visit.page(session, "work.html", Scope.LIST, groups=groups, here="work")


def _found(lines: Sequence[Line]) -> list[FoundView]:
    return [
        FoundView(
            place=f"/cases/{line.case_id}",
            subject_id=line.subject_id,
            state=line.state,
            queue_title=line.queue_id,
            platform=line.platform,
            handle=plain(line.handle).removeprefix("@") if line.handle else None,
            text=pieces(line.excerpt),
            language=line.language,
            report_count=line.report_count,
            opened_at=line.opened_at,
        )
        for line in lines
    ]

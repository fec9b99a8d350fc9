"""Lists of cases, and what is known of an account."""

import hashlib
from datetime import datetime

from services.review.audit import service as audit
from services.review.audit.models import Act
from services.review.cases import search_repository as rows_of
from services.review.cases.list_views import AccountView, CasePage, CaseSummary, LinkView
from services.review.cases.reading import decision_view, lease_view, person
from services.review.cases.rules import CaseState
from services.review.cases.search_repository import Wanted
from services.review.cases.view_repository import AnyRow
from services.review.cursors import read_cursor, signed_cursor
from services.review.database.session import Session
from services.review.errors import FieldError, NotFound, Unacceptable
from services.review.reviewers.models import Viewer
from shared.contracts.identifiers import Environment, PlatformId

MOST = 100


async def search_cases(
    session: Session,
    viewer: Viewer,
    *,
    key: bytes,
    subject_id: str | None = None,
    state: str | None = None,
    q: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> CasePage:
    """A page of cases, newest first, without their content.

    `q` is an id (of a case, subject, account, report or decision) or, when nothing has that id,
    words in the text, handle or display name of the newest 20,000 cases. Raises Malformed for a
    cursor of another list and Unacceptable for a state that there is not.
    """
    if state is not None and state not in set(CaseState):
        raise Unacceptable(
            "invalid_parameter",
            "There is no such state.",
            errors=[FieldError("/state", "enum", f"One of {', '.join(CaseState)}.")],
        )
    scope = _scope(viewer, subject_id, state, q)
    named = await rows_of.find_exactly(session, q, viewer.platforms) if q else None
    wanted = Wanted(
        subject_id=subject_id,
        state=state,
        case_ids=named or None,
        words=q if q and not named else None,
        after=_place(key, scope, cursor),
        limit=limit,
    )
    rows = await rows_of.list_cases(session, wanted)
    more = len(rows) > limit
    items = [_summary(row, viewer) for row in rows[:limit]]
    last = items[-1] if more else None
    following = last and signed_cursor(key, scope, [last.received_at.isoformat(), last.case_id])
    return CasePage(items=items, next_cursor=following)


async def list_held(session: Session, viewer: Viewer) -> list[CaseSummary]:
    """Cases that the viewer keeps for later, newest first."""
    rows = await rows_of.list_cases(session, Wanted(held_by=viewer.reviewer_id, limit=MOST))
    return [_summary(row, viewer) for row in rows[:MOST]]


async def view_account(session: Session, viewer: Viewer, subject_id: str) -> AccountView:
    """What is known of an account, by its id or an alias. It counts as a view and is in the audit
    trail. Raises NotFound.
    """
    subject = await rows_of.find_subject(session, subject_id)
    account = subject.subject_id if subject is not None else subject_id
    author = await rows_of.find_author(session, account)
    if subject is None and author is None:
        raise NotFound("account_not_found", "Nothing is known of this account.")
    platform = subject.platform_id if subject is not None else author and author.platform_id
    links = await rows_of.list_links(session, account, MOST)
    act = Act(
        action="account_viewed",
        actor=viewer.actor,
        platform=PlatformId(str(platform)),
        environment=Environment.LIVE,
        private={"subject_id": account},
    )
    await audit.record(session, [act])
    return AccountView(
        subject_id=account,
        platform=str(platform),
        identity=subject.identity if subject is not None else None,
        url=subject.url if subject is not None else None,
        version=subject.version if subject is not None else 0,
        effective=subject.effective if subject is not None else [],
        aliases=[row.other for row in links if row.relation == "alias"],
        author=author.author if author is not None else None,
        decisions=[
            decision_view(row, named=True)
            for row in await rows_of.list_account_decisions(session, account, MOST)
        ],
        open_cases=[
            _summary(row, viewer)
            for row in await rows_of.list_account_cases(session, account, MOST)
        ],
        links=[
            LinkView(subject_id=row.other, relation=row.relation, similarity=row.similarity)
            for row in links
            if row.relation != "alias"
        ],
    )


def _scope(viewer: Viewer, *filters: str | None) -> str:
    said = "\x00".join(["cases", viewer.reviewer_id, *(str(value) for value in filters)])
    return hashlib.sha256(said.encode()).hexdigest()


def _place(key: bytes, scope: str, cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    at, case_id = read_cursor(key, scope, cursor)
    return datetime.fromisoformat(str(at)), str(case_id)


def _summary(row: AnyRow, viewer: Viewer) -> CaseSummary:
    return CaseSummary(
        case_id=row.case_id,
        subject_id=row.subject_id,
        kind=row.kind,
        platform=row.platform_id,
        state=row.state,
        queue=row.queue_id,
        policy_id=row.policy_id,
        language=row.language,
        violation=row.violation,
        report_count=row.report_count,
        decision_id=row.decision_id,
        finding=row.finding,
        lease=lease_view(row, viewer),
        held_by=person(row.held_by, row.holder_name),
        held_until=row.held_until,
        received_at=row.opened_at,
    )

"""What a reviewer does with a case other than deciding it: skip, hold, escalate, assign, note.

All but the note need the lease, end it, and concern all open cases of the cluster.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.review.audit import service as audit
from services.review.audit.models import Act
from services.review.cases import work_repository as rows_of
from services.review.cases.history import Move, advance
from services.review.cases.leases import prove
from services.review.cases.rules import CaseEvent
from services.review.cases.views import NoteView, PersonView
from services.review.cases.work_views import MovedView
from services.review.database.session import Session
from services.review.errors import NotFound, Unacceptable
from services.review.reviewers import repository as reviewers
from services.review.reviewers.models import ESCALATIONS, Reviewer, Viewer
from services.review.reviewers.rules import Right, Role, granted, may
from shared.clock import NewId
from shared.contracts.identifiers import CaseId, Environment, PlatformId

LONGEST_HOLD = timedelta(days=7)


@dataclass(frozen=True)
class Leased:
    """The cluster of a case, locked, with its open cases; its lease is over."""

    cluster_id: str
    queue_id: str
    platform: str
    case_ids: Sequence[CaseId]


async def skip(
    session: Session, viewer: Viewer, case_id: str, token: str, *, reason: str | None
) -> MovedView:
    """Gives it back and offers it to others first: the viewer is offered it again once somebody
    else has skipped it too. (They can still claim it by its id.)
    """
    leased = await _prove(session, viewer, case_id, token)
    await _advance(session, viewer, leased, CaseEvent.SKIPPED, reason=reason)
    await rows_of.exclude_only(session, leased.cluster_id, viewer.reviewer_id)
    return MovedView(case_ids=list(leased.case_ids), queue=leased.queue_id)


async def hold(
    session: Session,
    viewer: Viewer,
    case_id: str,
    token: str,
    *,
    reason: str | None,
    keep: timedelta,
) -> MovedView:
    """Keeps it for the viewer for `keep`, seven days at most; then it goes back to its place."""
    leased = await _prove(session, viewer, case_id, token)
    await _advance(session, viewer, leased, CaseEvent.HELD, reason=reason)
    until = await rows_of.park(
        session,
        leased.cluster_id,
        leased.case_ids,
        by=viewer.reviewer_id,
        keep=min(keep, LONGEST_HOLD),
    )
    return MovedView(case_ids=list(leased.case_ids), queue=leased.queue_id, held_until=until)


async def escalate(
    session: Session, viewer: Viewer, case_id: str, token: str, *, reason: str
) -> MovedView:
    """Moves it to the queue `escalations`, where seniors claim it. One that is there stays."""
    leased = await _prove(session, viewer, case_id, token)
    await _advance(session, viewer, leased, CaseEvent.ESCALATED, reason=reason)
    await rows_of.move_to_queue(session, leased.cluster_id, leased.case_ids, ESCALATIONS)
    return MovedView(case_ids=list(leased.case_ids), queue=ESCALATIONS)


async def assign(
    session: Session,
    viewer: Viewer,
    case_id: str,
    token: str,
    *,
    to: str,
    reason: str | None,
) -> MovedView:
    """Means it for one person, by id or e-mail: it is the first that they are offered, and nobody
    else is. Raises Unacceptable for one who may not take it.
    """
    leased = await _prove(session, viewer, case_id, token)
    person = await _assignee(session, to, leased)
    await _advance(session, viewer, leased, CaseEvent.ASSIGNED, reason=reason)
    await rows_of.assign(session, leased.cluster_id, person.reviewer_id)
    return MovedView(
        case_ids=list(leased.case_ids),
        queue=leased.queue_id,
        assigned_to=PersonView(reviewer_id=person.reviewer_id, name=person.name),
    )


async def add_note(
    session: Session, viewer: Viewer, case_id: str, content: str, *, new_id: NewId
) -> NoteView:
    """For colleagues. No lease is needed, and decided cases take notes too. Raises NotFound."""
    place = await rows_of.find_place(session, case_id)
    note_id = new_id("note")
    at = await rows_of.insert_note(
        session, note_id, case_id, author=viewer.reviewer_id, content=content
    )
    act = Act(
        action="note_added",
        actor=viewer.actor,
        case_id=place.case_id,
        platform=PlatformId(place.platform),
        environment=Environment.LIVE,
        after={"note": note_id},
        private={"text": content},
    )
    await audit.record(session, [act])
    by = PersonView(reviewer_id=viewer.reviewer_id, name=viewer.name)
    return NoteView(note_id=note_id, by=by, text=content, at=at)


async def _prove(session: Session, viewer: Viewer, case_id: str, token: str) -> Leased:
    place = await rows_of.find_place(session, case_id)
    entry = await prove(session, viewer, place.cluster_id, token, case_id=place.case_id)
    members = await rows_of.lock_open_members(session, place.cluster_id)
    if place.case_id not in (found for found, _ in members):
        raise NotFound("case_not_found", "The case does not belong to this lease any more.")
    return Leased(
        cluster_id=place.cluster_id,
        queue_id=entry.queue_id,
        platform=entry.platform,
        case_ids=[found for found, _ in members],
    )


async def _advance(
    session: Session, viewer: Viewer, leased: Leased, event: CaseEvent, *, reason: str | None
) -> None:
    moves = [
        Move(case_id, event, viewer.actor, private={"reason": reason})
        for case_id in leased.case_ids
    ]
    await advance(session, moves)


async def _assignee(session: Session, to: str, leased: Leased) -> Reviewer:
    found = await reviewers.find_colleague(session, to)
    if found is None or not _may_take(found, leased):
        raise Unacceptable("not_assignable", "That person is not there, or may not take this case.")
    return found


def _may_take(reviewer: Reviewer, leased: Leased) -> bool:
    roles = [Role(role) for role in reviewer.roles]
    needed = Right.TAKE_ESCALATED if leased.queue_id == ESCALATIONS else Right.REVIEW
    return (
        reviewer.active
        and may(roles, needed)
        and granted(reviewer.platforms, leased.platform)
        and granted(reviewer.queues, leased.queue_id)
    )

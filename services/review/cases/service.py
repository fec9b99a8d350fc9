"""Claiming cases.

A claim by API shows the case, which counts as a view and is in the audit trail. The desk only takes
the lease and shows the case on its own page: one view, one entry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.review.appeals.reading import view_appeals
from services.review.cases import queue_repository as queue
from services.review.cases import work_repository as work
from services.review.cases.claims import claim_entries, grant
from services.review.cases.history import Move, advance
from services.review.cases.queue_repository import Entry
from services.review.cases.queue_rules import NothingFound
from services.review.cases.reading import view_cases
from services.review.cases.rules import CaseEvent, CaseState, is_open
from services.review.cases.share_rules import Share
from services.review.cases.view_repository import load_members
from services.review.cases.views import ClaimsView, ClaimView, GrantedLease
from services.review.cases.work_repository import CasePlace
from services.review.database.session import Session
from services.review.errors import Conflict, Forbidden
from services.review.reviewers.models import APPEALS, Viewer
from services.review.reviewers.rules import Right
from shared.times import time_text


@dataclass(frozen=True)
class Leased:
    """An entry of a queue in the viewer's hands: a case (the leading one of its cluster), or an
    appeal.
    """

    lease: GrantedLease
    case_id: str | None = None
    appeal_id: str | None = None


async def lease_next(
    session: Session,
    viewer: Viewer,
    queue_id: str,
    *,
    size: int,
    lease_seconds: float,
    share: Share,
) -> tuple[list[Leased], NothingFound | None]:
    """Leases the next `size` clusters (or appeals) of the queue. With none, why. Nothing is shown.

    Raises NotFound for a queue that is not there and Forbidden for one that is not granted.
    """
    granted, reason = await claim_entries(
        session,
        viewer,
        queue_id,
        size=size,
        seconds=lease_seconds,
        share=share,
    )
    if queue_id == APPEALS:
        return [Leased(lease, appeal_id=entry_id) for entry_id, lease in granted.items()], reason
    members = await load_members(session, list(granted))
    leased = [
        Leased(lease, case_id=members[entry_id][0])
        for entry_id, lease in granted.items()
        if members.get(entry_id)
    ]
    return leased, reason


async def claim_next(
    session: Session,
    viewer: Viewer,
    queue_id: str,
    *,
    size: int,
    lease_seconds: float,
    share: Share,
) -> ClaimsView:
    """As `lease_next`, and shows what was leased."""
    leased, reason = await lease_next(
        session,
        viewer,
        queue_id,
        size=size,
        lease_seconds=lease_seconds,
        share=share,
    )
    cases = {one.case_id: one.lease for one in leased if one.case_id is not None}
    appeals = {one.appeal_id: one.lease for one in leased if one.appeal_id is not None}
    claims = [
        *await _case_claims(session, viewer, cases),
        *await _appeal_claims(session, viewer, appeals),
    ]
    return ClaimsView(claims=claims, reason=reason and str(reason))


async def lease_case(
    session: Session, viewer: Viewer, case_id: str, *, lease_seconds: float
) -> GrantedLease:
    """Leases the cluster of a case found by search. One that the viewer holds is resumed by it,
    and their own lease on it is replaced: the older token is dead.

    Raises NotFound, Forbidden, or Conflict `leased`, `held`, `assigned` (saying by whom) or
    `not_claimable`.
    """
    place = await work.find_place(session, case_id)
    entry = await queue.lock_entry(session, place.cluster_id)
    place = await work.find_place(session, case_id)
    if entry is None or not is_open(place.state):
        raise Conflict(
            "not_claimable",
            "The case is not open any more.",
            facts={"state": str(place.state), "decision_id": place.decision_id},
        )
    if not viewer.in_queue(entry.queue_id) or entry.clearance > viewer.clearance:
        raise Forbidden("no_access", "You are not granted the queue of this case.")
    await _refuse_when_taken(session, viewer, entry, place)
    await _resume(session, viewer, entry)
    leases = await grant(session, viewer, [entry.entry_id], seconds=lease_seconds)
    return leases[entry.entry_id]


async def claim_case(
    session: Session, viewer: Viewer, case_id: str, *, lease_seconds: float
) -> ClaimView:
    """As `lease_case`, and shows the case."""
    lease = await lease_case(session, viewer, case_id, lease_seconds=lease_seconds)
    (view,) = await view_cases(session, viewer, [case_id])
    return ClaimView(case_id=case_id, lease=lease, case=view)


async def _refuse_when_taken(
    session: Session, viewer: Viewer, entry: Entry, place: CasePlace
) -> None:
    if entry.leased_by not in (None, viewer.reviewer_id):
        raise Conflict(
            "leased",
            "Somebody else works on it now.",
            facts={
                "by": await work.person_facts(session, entry.leased_by),
                "expires_at": time_text(entry.lease_expires_at) if entry.lease_expires_at else None,
            },
        )
    if viewer.may(Right.OVERRULE_HOLDS):
        return
    if entry.parked and place.held_by not in (None, viewer.reviewer_id):
        raise Conflict(
            "held",
            "Somebody keeps it for later.",
            facts={
                "by": await work.person_facts(session, place.held_by),
                "held_until": time_text(place.held_until) if place.held_until else None,
            },
        )
    if entry.assigned_to not in (None, viewer.reviewer_id):
        raise Conflict(
            "assigned",
            "It is meant for somebody else.",
            facts={"by": await work.person_facts(session, entry.assigned_to)},
        )


async def _resume(session: Session, viewer: Viewer, entry: Entry) -> None:
    if not entry.parked:
        return
    members = await work.lock_open_members(session, entry.entry_id)
    held = [case_id for case_id, state in members if state is CaseState.HELD]
    await advance(session, [Move(found, CaseEvent.RESUMED, viewer.actor) for found in held])
    await work.unpark(session, entry.entry_id, held)


async def _case_claims(
    session: Session, viewer: Viewer, leases: Mapping[str, GrantedLease]
) -> Sequence[ClaimView]:
    views = await view_cases(session, viewer, list(leases)) if leases else []
    return [
        ClaimView(case_id=view.case_id, lease=leases[view.case_id], case=view) for view in views
    ]


async def _appeal_claims(
    session: Session, viewer: Viewer, leases: Mapping[str, GrantedLease]
) -> Sequence[ClaimView]:
    if not leases:
        return []
    appeals = await view_appeals(session, viewer, list(leases))
    cases = await view_cases(session, viewer, [appeal.case_id or "" for appeal in appeals])
    return [
        ClaimView(case_id=case.case_id, lease=leases[appeal.appeal_id], case=case, appeal=appeal)
        for appeal, case in zip(appeals, cases, strict=True)
    ]

"""Keeping, giving back and proving a lease; and what to say when it is lost."""

from pydantic import JsonValue

from services.review.cases import queue_repository as queue
from services.review.cases import work_repository as work
from services.review.cases.queue_repository import Entry
from services.review.cases.queue_rules import entry_id_of, token_sha256
from services.review.cases.views import LeaseEnd
from services.review.database.session import Session
from services.review.errors import Conflict
from services.review.reviewers.models import Viewer
from shared.times import time_text


async def heartbeat(
    session: Session, viewer: Viewer, lease_id: str, token: str, *, seconds: float
) -> LeaseEnd:
    """Keeps the lease for `seconds` from now. Raises Conflict `lease_lost`."""
    ends = await queue.extend_lease(
        session, lease_id, token_sha256(token), owner=viewer.reviewer_id, seconds=seconds
    )
    if ends is None:
        raise await lease_lost(session, viewer, entry_id_of(lease_id), lease_id=lease_id)
    return LeaseEnd(expires_at=ends)


async def release(session: Session, viewer: Viewer, lease_id: str, token: str) -> None:
    """Gives the entry back, for all to claim. Again is safe while nobody else has it; else raises
    Conflict `lease_lost`.
    """
    entry_id = entry_id_of(lease_id)
    taken = await queue.take_lease(session, entry_id, token_sha256(token), owner=viewer.reviewer_id)
    if taken is None:
        entry = await queue.find_entry(session, entry_id)
        if entry is None or entry.leased_by is not None:
            raise await lease_lost(session, viewer, entry_id, lease_id=lease_id)


async def prove(
    session: Session, viewer: Viewer, entry_id: str, token: str, *, case_id: str
) -> Entry:
    """Ends the lease and keeps the entry locked for what the caller does next: a failure of the
    transaction gives the lease back. Raises Conflict `lease_lost`.
    """
    entry = await queue.take_lease(session, entry_id, token_sha256(token), owner=viewer.reviewer_id)
    if entry is None:
        raise await lease_lost(session, viewer, entry_id, case_id=case_id)
    return entry


async def lease_lost(
    session: Session,
    viewer: Viewer,
    entry_id: str,
    *,
    case_id: str | None = None,
    lease_id: str | None = None,
) -> Conflict:
    """The error that says what became of the entry: `decided`, `leased`, `held` or `expired`.

    Where other cases of the cluster are open still, it is the case or the lease that says whether
    it was decided.
    """
    facts = await work.decided_facts(session, entry_id, case_id=case_id, lease_id=lease_id)
    facts = facts or await _fate(session, viewer, entry_id)
    return Conflict(
        "lease_lost",
        "You no longer have this: it ran out, was given back, or somebody was faster.",
        facts=facts,
    )


async def _fate(session: Session, viewer: Viewer, entry_id: str) -> dict[str, JsonValue]:
    entry = await queue.find_entry(session, entry_id)
    if entry is not None and entry.leased_by is not None:
        return {
            "what": "leased",
            "by": await work.person_facts(session, entry.leased_by),
            "mine": entry.leased_by == viewer.reviewer_id,
            "expires_at": time_text(entry.lease_expires_at) if entry.lease_expires_at else None,
        }
    if entry is not None and entry.parked:
        holder = await work.find_holder(session, entry_id)
        return {"what": "held", "by": holder and await work.person_facts(session, holder)}
    if entry is not None:
        return {"what": "expired", "by": None}
    return await work.outcome_facts(session, entry_id)

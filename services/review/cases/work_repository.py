"""Writes to cases and entries that are not decisions: hold, escalate, assign, skip, notes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import JsonValue
from sqlalchemy import text

from services.review.cases.rules import CaseState
from services.review.cases.view_repository import OPEN, AnyRow
from services.review.cases.views import PersonView
from services.review.database.session import Session
from services.review.errors import NotFound
from shared.contracts.identifiers import CaseId
from shared.times import time_text


@dataclass(frozen=True)
class CasePlace:
    """Where a case stands, without what it is about."""

    case_id: CaseId
    cluster_id: str
    platform: str
    state: CaseState
    queue_id: str
    held_by: str | None
    held_until: datetime | None
    decision_id: str | None


async def find_place(session: Session, case_id: str) -> CasePlace:
    """Raises NotFound. Locks nothing."""
    row = (await session.execute(_PLACE, {"id": case_id})).first()
    if row is None:
        raise NotFound("case_not_found", "There is no such case.")
    return CasePlace(
        case_id=CaseId(row.case_id),
        cluster_id=row.cluster_id,
        platform=row.platform_id,
        state=CaseState(row.state),
        queue_id=row.queue_id,
        held_by=row.held_by,
        held_until=row.held_until,
        decision_id=row.decision_id,
    )


async def lock_open_members(session: Session, cluster_id: str) -> list[tuple[CaseId, CaseState]]:
    """Open cases of a cluster whose entry this transaction has locked."""
    rows = await session.execute(_LOCK_MEMBERS, {"cluster": cluster_id})
    return [(CaseId(row.case_id), CaseState(row.state)) for row in rows]


async def exclude_only(session: Session, entry_id: str, reviewer: str) -> None:
    """The last one who skipped is not offered the entry again; who skipped before is."""
    await session.execute(_EXCLUDE, {"id": entry_id, "me": reviewer})


async def park(
    session: Session,
    entry_id: str,
    case_ids: Sequence[CaseId],
    *,
    by: str,
    keep: timedelta,
) -> datetime:
    """Until when, by the database's clock."""
    await session.execute(_PARK, {"id": entry_id})
    rows = await session.execute(_HOLD, {"ids": list(case_ids), "me": by, "keep": keep})
    until: datetime = rows.scalars().all()[0]
    return until


async def unpark(session: Session, entry_id: str, case_ids: Sequence[CaseId]) -> None:
    await session.execute(_UNPARK, {"id": entry_id})
    await session.execute(_RESUME, {"ids": list(case_ids)})


async def move_to_queue(
    session: Session, entry_id: str, case_ids: Sequence[CaseId], queue_id: str
) -> None:
    """All may be offered it there, and nobody is meant in particular."""
    await session.execute(_MOVE_ENTRY, {"id": entry_id, "queue": queue_id})
    await session.execute(_ADD_LANE, {"id": entry_id})
    await session.execute(_MOVE_CASES, {"ids": list(case_ids), "queue": queue_id})


async def assign(session: Session, entry_id: str, reviewer: str) -> None:
    await session.execute(_ASSIGN, {"id": entry_id, "reviewer": reviewer})


async def insert_note(
    session: Session, note_id: str, case_id: str, *, author: str, content: str
) -> datetime:
    found = await session.execute(
        _NOTE, {"id": note_id, "case": case_id, "author": author, "text": content}
    )
    at: datetime = found.scalar_one()
    return at


async def person_view(session: Session, reviewer_id: str) -> PersonView:
    name = (await session.execute(_NAME, {"id": reviewer_id})).scalar_one_or_none()
    return PersonView(reviewer_id=reviewer_id, name=name or "")


async def person_facts(session: Session, reviewer_id: str) -> dict[str, JsonValue]:
    """As a problem document names a colleague."""
    found = await person_view(session, reviewer_id)
    return {"reviewer_id": found.reviewer_id, "name": found.name}


async def find_holder(session: Session, cluster_id: str) -> str | None:
    found = await session.execute(_HOLDER, {"cluster": cluster_id})
    holder: str | None = found.scalar_one_or_none()
    return holder


async def decided_facts(
    session: Session, cluster_id: str, *, case_id: str | None, lease_id: str | None
) -> dict[str, JsonValue] | None:
    """Who decided this case of the cluster, or decided under this lease; None while nobody has."""
    given = {"cluster": cluster_id, "case": case_id, "lease": lease_id}
    row = (await session.execute(_DECIDED, given)).first()
    return _outcome(row) if row is not None else None


async def outcome_facts(session: Session, entry_id: str) -> dict[str, JsonValue]:
    """Who decided what was in the queue under this entry, a cluster or an appeal."""
    row = (await session.execute(_OUTCOME, {"id": entry_id})).first()
    return _outcome(row) if row is not None else {"what": "gone", "by": None}


def _outcome(row: AnyRow) -> dict[str, JsonValue]:
    return {
        "what": "decided",
        "by": {"reviewer_id": row.reviewer_id, "name": row.name},
        "decision_id": row.decision_id,
        "finding": row.finding,
        "actions": [action["action"] for action in row.actions or ()],
        "outcome": row.outcome,
        "at": time_text(row.at),
    }


_PLACE = text(
    "select case_id, cluster_id, platform_id, state, queue_id, held_by, held_until, decision_id"
    " from cases where case_id = :id"
)
_LOCK_MEMBERS = text(
    f"select case_id, state from cases where cluster_id = :cluster and state in ({OPEN})"
    " order by case_id for update"
)
_EXCLUDE = text(
    "update queue_entries set excluded_reviewers = array[cast(:me as text)] where entry_id = :id"
)
_PARK = text("update queue_entries set parked = true where entry_id = :id")
_HOLD = text(
    "update cases set held_by = :me, held_until = clock_timestamp() + cast(:keep as interval)"
    " where case_id = any(:ids) returning held_until"
)
_UNPARK = text("update queue_entries set parked = false where entry_id = :id")
_RESUME = text("update cases set held_by = null, held_until = null where case_id = any(:ids)")
_MOVE_ENTRY = text(
    "update queue_entries set queue_id = :queue, parked = false, assigned_to = null,"
    " excluded_reviewers = '{}' where entry_id = :id"
)
_ADD_LANE = text(
    "insert into queue_lanes (queue_id, language, clearance, platform_id)"
    " select queue_id, language, clearance, platform_id from queue_entries where entry_id = :id"
    " on conflict do nothing"
)
_MOVE_CASES = text(
    "update cases set queue_id = :queue, held_by = null, held_until = null"
    " where case_id = any(:ids)"
)
_ASSIGN = text(
    "update queue_entries set assigned_to = :reviewer, excluded_reviewers = '{}'"
    " where entry_id = :id"
)
_NOTE = text(
    "insert into case_notes (note_id, case_id, platform_id, environment, author, text)"
    " select :id, case_id, platform_id, environment, :author, :text from cases"
    " where case_id = :case returning at"
)
_NAME = text("select name from reviewers where reviewer_id = :id")
_HOLDER = text("select held_by from cases where cluster_id = :cluster and state = 'held' limit 1")
_DECIDED = text(
    "select r.reviewer_id, r.name, d.decision_id, d.decided_at as at, d.finding, d.actions,"
    " null as outcome from cases c"
    " join decisions d using (case_id) join reviewers r using (reviewer_id)"
    " where c.cluster_id = :cluster and d.state <> 'undone' and (d.lease_id = cast(:lease as text)"
    " or (c.case_id = cast(:case as text) and c.state = 'decided'"
    " and d.decision_id = c.decision_id)) order by d.decided_at desc limit 1"
)
_OUTCOME = text(
    "select r.reviewer_id, r.name, found.decision_id, found.at, found.outcome, e.finding, e.actions"
    " from ("
    " (select d.reviewer_id, d.decision_id, d.decided_at as at, null as outcome from cases c"
    "  join decisions d on d.decision_id = c.decision_id where c.cluster_id = :id"
    "  order by d.decided_at desc limit 1)"
    " union all"
    " (select outcome_by, new_decision_id, outcome_at, outcome from appeals"
    "  where appeal_id = :id and outcome_by is not null)) found"
    " join reviewers r using (reviewer_id) left join decisions e using (decision_id) limit 1"
)

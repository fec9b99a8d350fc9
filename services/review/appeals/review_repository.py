"""Appeals for reviewers: their rows, and their outcome."""

from collections.abc import Sequence

from sqlalchemy import text

from services.review.cases.view_repository import AnyRow
from services.review.database.session import Session
from shared.contracts.decision import AppealOutcome


async def load_appeals(session: Session, appeal_ids: Sequence[str]) -> dict[str, AnyRow]:
    """By id, each with its lease."""
    rows = await session.execute(_APPEALS, {"ids": list(appeal_ids)})
    return {row.appeal_id: row for row in rows}


async def lock_decision(session: Session, decision_id: str) -> None:
    """Before anything else: appeals against one decision get their outcomes one after another."""
    await session.execute(_LOCK_DECISION, {"id": decision_id})


async def lock_appeal(session: Session, appeal_id: str) -> AnyRow:
    """After its entry was locked."""
    return (await session.execute(_LOCK, {"id": appeal_id})).one()


async def save_outcome(
    session: Session,
    appeal_id: str,
    *,
    outcome: AppealOutcome,
    by: str,
    reason: str | None,
    lease_id: str,
    request_hash: str,
    new_decision_id: str | None,
) -> AnyRow:
    """The appeal as it is now; it leaves the queue. The database refuses whoever decided first."""
    found = await session.execute(
        _SAVE,
        {
            "id": appeal_id,
            "outcome": str(outcome),
            "by": by,
            "reason": reason,
            "lease": lease_id,
            "hash": request_hash,
            "new": new_decision_id,
        },
    )
    row = found.one()
    await session.execute(_LEAVE_QUEUE, {"ids": [appeal_id]})
    return row


async def refuse_open(session: Session, decision_id: str, *, refused: str) -> list[AnyRow]:
    """All appeals against the decision that are open, which leave the queue."""
    rows = list(await session.execute(_REFUSE, {"decision": decision_id, "refused": refused}))
    await session.execute(_LEAVE_QUEUE, {"ids": [row.appeal_id for row in rows]})
    return rows


_LOCK_DECISION = text("select 1 from decisions where decision_id = :id for update")
_LOCK = text("select * from appeals where appeal_id = :id for update")
_SAVE = text(
    "update appeals set state = 'decided', outcome = :outcome, outcome_by = :by,"
    " outcome_at = clock_timestamp(), outcome_reason = :reason, outcome_lease_id = :lease,"
    " request_hash = :hash, new_decision_id = :new"
    " where appeal_id = :id and state = 'open' returning *"
)
_REFUSE = text(
    "update appeals set state = 'refused', refused = :refused"
    " where decision_id = :decision and state = 'open' returning *"
)
_LEAVE_QUEUE = text("delete from queue_entries where entry_id = any(:ids)")
_APPEALS = text(
    "select a.*, e.lease_id, e.lease_owner, owner.name as lease_owner_name, e.lease_expires_at,"
    " e.lease_expires_at > clock_timestamp() as leased"
    " from appeals a left join queue_entries e on e.entry_id = a.appeal_id"
    " left join reviewers owner on owner.reviewer_id = e.lease_owner"
    " where a.appeal_id = any(:ids)"
)

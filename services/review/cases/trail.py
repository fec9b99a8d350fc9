"""The audit trail of one case, as far as it is ordered by now."""

import json

from pydantic import JsonValue
from sqlalchemy import text

from services.review.audit import service as audit
from services.review.audit.models import Act
from services.review.cases import work_repository as work
from services.review.cases.list_views import AuditEntryView, AuditView
from services.review.cases.view_repository import AnyRow
from services.review.database.session import Session
from services.review.reviewers.models import Viewer
from services.review.reviewers.rules import Right
from shared.contracts.identifiers import Environment, PlatformId


async def view_trail(session: Session, viewer: Viewer, case_id: str) -> AuditView:
    """Every entry on the case, oldest first; acts of the last moment may have no place yet.

    Who may read the private parts (texts, reasons) gets them, and that is an act of its own.
    Raises NotFound.
    """
    place = await work.find_place(session, case_id)
    private = viewer.may(Right.READ_PRIVATE_AUDIT)
    rows = (await session.execute(_ENTRIES, {"case": case_id})).all()
    if private:
        act = Act(
            action="audit_read",
            actor=viewer.actor,
            case_id=place.case_id,
            platform=PlatformId(place.platform),
            environment=Environment.LIVE,
        )
        await audit.record(session, [act])
    return AuditView(items=[_entry_view(row, private=private) for row in rows])


def _entry_view(row: AnyRow, *, private: bool) -> AuditEntryView:
    entry: dict[str, JsonValue] = json.loads(row.entry)
    return AuditEntryView.model_validate(
        {
            "seq": row.sequence,
            "at": row.at,
            "actor": entry["actor"],
            "action": entry["action"],
            "case_version": entry.get("case_version"),
            "before": entry["before"],
            "after": entry["after"],
            "reason": entry["reason"],
            "private": json.loads(row.private) if private and row.private else None,
        }
    )


_ENTRIES = text(
    "select e.sequence, e.at, e.entry, p.private from audit_entries e"
    " left join audit_private p using (audit_id) where e.case_id = :case order by e.sequence"
)

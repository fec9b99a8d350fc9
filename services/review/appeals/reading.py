"""Appeals as reviewers see them. Who made the appealed decision is not told."""

from collections.abc import Sequence

from services.review.appeals import review_repository as rows_of
from services.review.audit import service as audit
from services.review.audit.models import Act
from services.review.cases.reading import decision_view, lease_view
from services.review.cases.view_repository import AnyRow, load_decision
from services.review.cases.views import AppealView
from services.review.database.session import Session
from services.review.errors import NotFound
from services.review.reviewers.models import Viewer
from shared.contracts.identifiers import CaseId, Environment, PlatformId


async def view_appeal(session: Session, viewer: Viewer, appeal_id: str) -> AppealView:
    """The appeal, and an audit act that it was viewed. Raises NotFound."""
    (view,) = await view_appeals(session, viewer, [appeal_id])
    return view


async def view_appeals(
    session: Session, viewer: Viewer, appeal_ids: Sequence[str]
) -> list[AppealView]:
    """In the order asked for, each with an audit act. Raises NotFound for any not there."""
    rows = await rows_of.load_appeals(session, appeal_ids)
    if any(appeal_id not in rows for appeal_id in appeal_ids):
        raise NotFound("appeal_not_found", "There is no such appeal.")
    views = [
        _appeal_view(
            rows[appeal_id], await load_decision(session, rows[appeal_id].decision_id), viewer
        )
        for appeal_id in appeal_ids
    ]
    await audit.record(session, [_viewed(viewer, view) for view in views])
    return views


def _viewed(viewer: Viewer, view: AppealView) -> Act:
    return Act(
        action="appeal_viewed",
        actor=viewer.actor,
        case_id=CaseId(view.case_id) if view.case_id is not None else None,
        platform=PlatformId(view.platform),
        environment=Environment.LIVE,
        after={"appeal": view.appeal_id, "state": view.state},
    )


def _appeal_view(row: AnyRow, decision: AnyRow | None, viewer: Viewer) -> AppealView:
    return AppealView(
        appeal_id=row.appeal_id,
        case_id=row.case_id,
        subject_id=row.subject_id,
        platform=row.platform_id,
        external_id=row.external_id,
        decision_id=row.decision_id,
        report_id=row.report_id,
        appellant=row.appellant_kind,
        language=row.language,
        text=row.text,
        state=row.state,
        submitted_at=row.submitted_at,
        outcome=row.outcome,
        outcome_reason=row.outcome_reason,
        outcome_at=row.outcome_at,
        new_decision_id=row.new_decision_id,
        refused=row.refused,
        own_decision=row.original_reviewer_id == viewer.reviewer_id,
        lease=lease_view(row, viewer),
        decision=decision_view(decision, named=False) if decision is not None else None,
    )

"""Case views, built from rows. Whoever shows one records that it was viewed."""

from collections.abc import Sequence
from types import SimpleNamespace

from services.review.audit import service as audit
from services.review.audit.models import Act
from services.review.cases import view_repository as rows_of
from services.review.cases.priority import Lane, waiting
from services.review.cases.rules import CaseState, is_open
from services.review.cases.view_repository import AnyRow
from services.review.cases.views import (
    AppealBrief,
    CaseView,
    ClusterView,
    DecisionView,
    FactorView,
    HistoryView,
    LeaseView,
    MatchView,
    NoteView,
    PersonView,
    PolicyView,
    PriorityView,
    ReachView,
    ReportView,
)
from services.review.database.session import Session
from services.review.errors import NotFound
from services.review.reviewers.models import Viewer
from shared.contracts.identifiers import CaseId, Environment, PlatformId

# A row inside a row: times are texts in it.
Part = SimpleNamespace

LANE_NAMES = {
    Lane.ORDERS: "orders",
    Lane.IMMINENT_HARM: "imminent_harm",
    Lane.NORMAL: "normal",
}


async def view_case(session: Session, viewer: Viewer, case_id: str) -> CaseView:
    """The case, and an audit act that it was viewed. Raises NotFound."""
    (view,) = await view_cases(session, viewer, [case_id])
    return view


async def view_cases(session: Session, viewer: Viewer, case_ids: Sequence[str]) -> list[CaseView]:
    """The cases in the order asked for, each with an audit act. While an appeal is open, nobody is
    told who decided. Raises NotFound for any that is not there or on no platform of the viewer's.
    """
    cases = await rows_of.load_cases(session, case_ids)
    if any(case_id not in cases for case_id in case_ids):
        raise NotFound("case_not_found", "There is no such case.")
    views = [_case_view(cases[case_id], viewer) for case_id in case_ids]
    began_at = next((row.began_at for row in cases.values()), None)
    await audit.record(session, [_viewed(viewer, view) for view in views], at=began_at)
    return views


def _viewed(viewer: Viewer, view: CaseView) -> Act:
    return Act(
        action="viewed",
        actor=viewer.actor,
        case_id=CaseId(view.case_id),
        platform=PlatformId(view.platform),
        environment=Environment.LIVE,
        after={"state": view.state, "version": view.case_version},
    )


def _case_view(row: AnyRow, viewer: Viewer) -> CaseView:
    # whoever may come to decide an appeal must not know whose decision it is about
    named = not any(appeal["state"] == "open" for appeal in row.appeals)
    return CaseView(
        case_id=row.case_id,
        case_version=row.version,
        subject_id=row.subject_id,
        subject_url=row.subject_url,
        kind=row.kind,
        identity=row.identity,
        platform=row.platform_id,
        state=row.state,
        queue=row.queue_id,
        urgency=row.urgency,
        language=row.language,
        policy=PolicyView(
            policy_id=row.policy_id,
            version=row.rule_revision or row.policy_revision,
            title=row.title or row.policy_id,
            text=row.policy_text or "",
            actions=row.policy_actions or {},
        ),
        reports=[_report_view(Part(**report)) for report in row.reports],
        report_count=row.report_count,
        content=row.content,
        content_digest=row.content_digest,
        context=row.context,
        author=row.author,
        author_account=row.author_account,
        reach=ReachView(views=row.views, shares=row.shares, followers=row.followers),
        scores=row.scores,
        matches=[_match_view(Part(**match)) for match in row.matches],
        cluster=_cluster_view(row),
        priority=_priority_view(row),
        lease=lease_view(row, viewer),
        held_by=person(row.held_by, row.holder_name),
        held_until=row.held_until,
        assigned_to=person(row.assigned_to, row.assignee_name),
        decisions=[decision_view(Part(**found), named=named) for found in row.decisions],
        appeals=[_appeal_brief(Part(**appeal)) for appeal in row.appeals],
        notes=[_note_view(Part(**note)) for note in row.notes],
        history=[HistoryView.model_validate(step) for step in row.history] if named else [],
        previous_case_id=row.previous_case_id,
        received_at=row.opened_at,
    )


def person(reviewer_id: str | None, name: str | None) -> PersonView | None:
    if reviewer_id is None:
        return None
    return PersonView(reviewer_id=reviewer_id, name=name or "")


def lease_view(row: AnyRow, viewer: Viewer) -> LeaseView | None:
    """The lease that is alive by the database's clock."""
    by = person(row.lease_owner, row.lease_owner_name)
    if by is None or not row.leased:
        return None
    return LeaseView(
        lease_id=row.lease_id,
        by=by,
        mine=by.reviewer_id == viewer.reviewer_id,
        expires_at=row.lease_expires_at,
    )


def decision_view(row: AnyRow | Part, *, named: bool) -> DecisionView:
    return DecisionView(
        decision_id=row.decision_id,
        case_id=row.case_id,
        subject_id=row.subject_id,
        state=row.state,
        finding=row.finding,
        actions=row.actions,
        policies=row.policies,
        ground=row.ground,
        legal_basis=row.legal_basis,
        reason=row.reason,
        internal_note=row.internal_note,
        by=person(row.reviewer_id, row.reviewer_name) if named else None,
        decided_at=row.decided_at,
        undo_until=row.undo_until,
        appeal_until=row.appeal_until,
        reverses=row.reverses,
        appeal_id=row.appeal_id,
    )


def _cluster_view(row: AnyRow) -> ClusterView | None:
    if len(row.members) < 2 or row.case_id not in row.members:
        return None
    return ClusterView(
        cluster_id=row.cluster_id,
        cluster_version=row.cluster_version,
        size=len(row.members),
        case_ids=row.members,
    )


def _priority_view(row: AnyRow) -> PriorityView:
    stored = row.counting_priority
    lane = Lane(row.lane if row.lane is not None else stored.get("lane", Lane.NORMAL))
    factors = [FactorView(**factor) for factor in stored.get("factors", [])]
    if is_open(CaseState(row.state)):
        since = waiting(row.opened_at, row.seen_at)
        factors.append(
            FactorView(name=since.name, value=round(since.value, 4), sentence=since.sentence)
        )
    return PriorityView(
        score=stored.get("score", 0.0),
        lane=LANE_NAMES[lane],
        deadline=row.deadline,
        factors=factors,
    )


def _report_view(row: Part) -> ReportView:
    body = row.body
    return ReportView(
        report_id=row.report_id,
        external_id=row.external_id,
        policy_id=row.policy_id,
        reason=body.get("reason", {}),
        reporter=body.get("reporter", {}),
        urgency=body.get("urgency", "normal"),
        reported_at=row.reported_at,
        accepted_at=row.accepted_at,
        evidence=body.get("evidence", []),
        extra=body.get("extra", {}),
        applied_decision_id=row.applied_decision_id,
    )


def _match_view(row: Part) -> MatchView:
    return MatchView(
        method=row.method,
        similarity=row.similarity,
        subject_id=row.other,
        platform=row.other_platform,
        case_id=row.case_id,
        decision_id=row.decision_id,
        finding=row.finding,
        proposal=row.proposal,
    )


def _appeal_brief(row: Part) -> AppealBrief:
    return AppealBrief(
        appeal_id=row.appeal_id,
        decision_id=row.decision_id,
        appellant=row.appellant_kind,
        state=row.state,
        outcome=row.outcome,
        refused=row.refused,
        submitted_at=row.submitted_at,
    )


def _note_view(row: Part) -> NoteView:
    by = PersonView(reviewer_id=row.author, name=row.name)
    return NoteView(note_id=row.note_id, by=by, text=row.text, at=row.at)

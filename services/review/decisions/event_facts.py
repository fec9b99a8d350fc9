"""Reads what events say of cases and decisions."""

from collections.abc import Iterable, Sequence
from types import SimpleNamespace

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import Row, text

from services.review.database.session import Session
from services.review.decisions.events import MOST_REPORTS, CaseFacts, DecisionFacts
from shared.contracts.decision import (
    Action,
    AppliedPolicy,
    Detection,
    Finding,
    Ground,
    ReportRef,
    SubjectRef,
)
from shared.contracts.identifiers import (
    CaseId,
    DecisionId,
    Environment,
    ExternalId,
    PlatformId,
    PolicyId,
    ReportId,
    SubjectId,
)
from shared.contracts.report import ReporterKind

_ACTIONS: TypeAdapter[tuple[Action, ...]] = TypeAdapter(tuple[Action, ...])
_POLICIES: TypeAdapter[tuple[AppliedPolicy, ...]] = TypeAdapter(tuple[AppliedPolicy, ...])
# Users and trusted flaggers report; a platform's own machine found it by a model; an authority
# refers it.
DETECTIONS = {
    ReporterKind.AUTOMATED: Detection.MODEL,
    ReporterKind.AUTHORITY: Detection.REFERRAL,
}


async def load_case_facts(session: Session, case_ids: Sequence[CaseId]) -> dict[CaseId, CaseFacts]:
    """By case; what is not there, or not to be seen by the session's role, is left out.

    The oldest reports of a case are the ones named.
    """
    rows = await session.execute(_CASES, {"ids": list(case_ids), "most": MOST_REPORTS})
    return {CaseId(row.case_id): _case(row) for row in rows}


async def load_decision_facts(
    session: Session, decision_ids: Sequence[DecisionId]
) -> dict[DecisionId, DecisionFacts]:
    """By decision; `withdrawn` is filled for those that reverse another."""
    rows = await session.execute(_DECISIONS, {"ids": list(decision_ids)})
    return {DecisionId(row.decision_id): decision_facts(row) for row in rows}


def decision_facts(row: Row[tuple[object, ...]]) -> DecisionFacts:
    """From a row of `decisions`, with the actions of the reversed one as `withdrawn` or None."""
    return DecisionFacts(
        decision_id=DecisionId(row.decision_id),
        group_id=row.group_id,
        finding=Finding(row.finding),
        actions=actions_of(row.actions),
        policies=_POLICIES.validate_python(row.policies),
        ground=Ground(row.ground) if row.ground else None,
        legal_basis=row.legal_basis,
        reason=row.reason,
        decided_at=row.decided_at,
        undo_until=row.undo_until,
        appeal_until=row.appeal_until,
        reverses=DecisionId(row.reverses) if row.reverses else None,
        withdrawn=actions_of(row.withdrawn),
    )


def actions_of(stored: Iterable[JsonValue] | None) -> tuple[Action, ...]:
    """From the form of `decisions.actions`."""
    return _ACTIONS.validate_python(stored or [])


def actions_json(actions: Iterable[Action]) -> list[JsonValue]:
    """The form of `decisions.actions`."""
    return [action.model_dump(mode="json") for action in actions]


def policies_json(policies: Iterable[AppliedPolicy]) -> list[JsonValue]:
    """The form of `decisions.policies`."""
    return [policy.model_dump(mode="json") for policy in policies]


def _case(row: Row[tuple[object, ...]]) -> CaseFacts:
    reports = [SimpleNamespace(**report) for report in row.reports]
    references: dict[SubjectId, SubjectRef] = {}
    if row.author_account:
        author = row.author or {}
        references[SubjectId(row.author_account)] = SubjectRef(
            kind="account", platform_id=author.get("id")
        )
    return CaseFacts(
        case_id=CaseId(row.case_id),
        cluster_id=row.cluster_id if row.members > 1 else None,
        platform=PlatformId(row.platform_id),
        environment=Environment(row.environment),
        subject_id=SubjectId(row.subject_id),
        subject_ref=SubjectRef(kind=row.kind, url=row.url, platform_id=row.platform_ref),
        reports=tuple(
            ReportRef(
                report_id=ReportId(report.report_id), external_id=ExternalId(report.external_id)
            )
            for report in reports
        ),
        reports_total=row.report_count,
        references=references,
        platform_codes={
            PolicyId(report.policy_id): report.platform_code
            for report in reversed(reports)
            if report.platform_code
        },
        detection=_detection(reports),
        traceparent=next((report.traceparent for report in reports if report.traceparent), None),
    )


def _detection(reports: Sequence[SimpleNamespace]) -> Detection:
    """How it came to notice: by whom the first report was made."""
    kind = ReporterKind(reports[0].reporter_kind) if reports else ReporterKind.USER
    return DETECTIONS.get(kind, Detection.USER_REPORT)


_CASES = text(
    "select c.case_id, c.cluster_id, c.platform_id, c.environment, c.subject_id, c.kind,"
    " c.report_count, c.author_account, c.author, s.url, s.platform_ref,"
    " (select count(*) from (select 1 from cases m where m.cluster_id = c.cluster_id limit 2) two)"
    " as members,"
    " array(select jsonb_build_object('report_id', report_id, 'external_id', external_id,"
    "  'policy_id', policy_id, 'reporter_kind', reporter_kind, 'traceparent', traceparent,"
    "  'platform_code', body #>> '{reason,platform_code}') from (select * from reports"
    "  where reports.case_id = c.case_id order by accepted_at, report_id limit :most) r"
    "  order by accepted_at, report_id) as reports"
    " from cases c left join subjects s using (environment, subject_id)"
    " where c.case_id = any(:ids)"
)
_DECISIONS = text(
    "select d.*, o.actions as withdrawn from decisions d"
    " left join decisions o on o.decision_id = d.reverses where d.decision_id = any(:ids)"
)

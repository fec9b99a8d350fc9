"""Reads what events say of cases and decisions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

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
    parameters = {"ids": list(case_ids)}
    reports = _by_case(await session.execute(_REPORTS, {**parameters, "most": MOST_REPORTS}))
    cases = (await session.execute(_CASES, parameters)).all()
    return {CaseId(row.case_id): _case(row, reports[row.case_id]) for row in cases}


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
        actions=_ACTIONS.validate_python(row.actions),
        policies=_POLICIES.validate_python(row.policies),
        ground=Ground(row.ground) if row.ground else None,
        legal_basis=row.legal_basis,
        reason=row.reason,
        decided_at=row.decided_at,
        undo_until=row.undo_until,
        appeal_until=row.appeal_until,
        reverses=DecisionId(row.reverses) if row.reverses else None,
        withdrawn=_ACTIONS.validate_python(row.withdrawn or []),
    )


def actions_json(actions: Iterable[Action]) -> list[JsonValue]:
    """The form of `decisions.actions`."""
    return [action.model_dump(mode="json") for action in actions]


def policies_json(policies: Iterable[AppliedPolicy]) -> list[JsonValue]:
    """The form of `decisions.policies`."""
    return [policy.model_dump(mode="json") for policy in policies]


def _by_case(rows: Iterable[Row[tuple[object, ...]]]) -> dict[str, list[Row[tuple[object, ...]]]]:
    found: dict[str, list[Row[tuple[object, ...]]]] = defaultdict(list)
    for row in rows:
        found[row.case_id].append(row)
    return found


def _case(row: Row[tuple[object, ...]], reports: Sequence[Row[tuple[object, ...]]]) -> CaseFacts:
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


def _detection(reports: Sequence[Row[tuple[object, ...]]]) -> Detection:
    """How it came to notice: by whom the first report was made."""
    kind = ReporterKind(reports[0].reporter_kind) if reports else ReporterKind.USER
    return DETECTIONS.get(kind, Detection.USER_REPORT)


_CASES = text(
    "select c.case_id, c.cluster_id, c.platform_id, c.environment, c.subject_id, c.kind,"
    " c.report_count, c.author_account, c.author, s.url, s.platform_ref,"
    " (select count(*) from (select 1 from cases m where m.cluster_id = c.cluster_id limit 2) two)"
    " as members"
    " from cases c left join subjects s using (environment, subject_id)"
    " where c.case_id = any(:ids)"
)
_REPORTS = text(
    "select r.case_id, r.report_id, r.external_id, r.policy_id, r.reporter_kind, r.traceparent,"
    " r.body #>> '{reason,platform_code}' as platform_code"
    " from unnest(cast(:ids as text[])) as wanted (case_id) cross join lateral"
    " (select * from reports where reports.case_id = wanted.case_id"
    "  order by accepted_at, report_id limit :most) r"
    " order by r.case_id, r.accepted_at, r.report_id"
)
_DECISIONS = text(
    "select d.*, o.actions as withdrawn from decisions d"
    " left join decisions o on o.decision_id = d.reverses where d.decision_id = any(:ids)"
)

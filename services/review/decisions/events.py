"""What platforms are told of decisions and appeals: drafts for the outbox, and their sum. Pure.

A draft is the `data` of an event without what only its release can know: the version of the
subject and the state that holds then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic import JsonValue

from shared.contracts.decision import (
    Action,
    AppealData,
    AppliedPolicy,
    DecisionData,
    Detection,
    EffectiveAction,
    EventType,
    Finding,
    Ground,
    QuarantineData,
    ReportRef,
    SubjectRef,
)
from shared.contracts.identifiers import (
    AppealId,
    CaseId,
    DecisionId,
    Environment,
    EventId,
    PlatformId,
    PolicyId,
    SubjectId,
    derived_id,
)

MOST_REPORTS = 100
SET_AT_RELEASE = {"subject_version", "effective"}
EVENTS_ON_SUBJECTS = frozenset(
    {
        EventType.DECISION_MADE,
        EventType.DECISION_REVERSED,
        EventType.DECISION_APPLIED,
        EventType.DECISION_EXPIRED,
    }
)


@dataclass(frozen=True)
class CaseFacts:
    """What events say of a case. `reports` may be longer than an event holds; `references` names
    other subjects that actions may touch (the author's account).
    """

    case_id: CaseId
    cluster_id: str | None
    platform: PlatformId
    environment: Environment
    subject_id: SubjectId
    subject_ref: SubjectRef
    reports: tuple[ReportRef, ...]
    reports_total: int
    references: Mapping[SubjectId, SubjectRef] = field(default_factory=dict)
    platform_codes: Mapping[PolicyId, str] = field(default_factory=dict)
    detection: Detection = Detection.USER_REPORT
    traceparent: str | None = None


@dataclass(frozen=True)
class DecisionFacts:
    """What events say of a decision. `withdrawn` are the actions of the decision that it
    reverses: their subjects are told too.
    """

    decision_id: DecisionId
    group_id: str
    finding: Finding
    actions: tuple[Action, ...]
    policies: tuple[AppliedPolicy, ...]
    ground: Ground | None
    legal_basis: str | None
    reason: str | None
    decided_at: datetime
    undo_until: datetime
    appeal_until: datetime | None
    reverses: DecisionId | None = None
    withdrawn: tuple[Action, ...] = ()


@dataclass(frozen=True)
class Draft:
    """A row of the outbox. Its id is derived from what it tells: told twice, it is the same."""

    event_id: EventId
    type: EventType
    platform: PlatformId
    environment: Environment
    data: dict[str, JsonValue]
    release_at: datetime
    subject_id: SubjectId | None = None
    decision_id: DecisionId | None = None
    appeal_id: AppealId | None = None
    group_id: str | None = None
    traceparent: str | None = None


def draft_rows(case: CaseFacts, decision: DecisionFacts) -> list[Draft]:
    """`decision.made`, or `decision.reversed` where it reverses one, for each subject touched.

    The event on the case's own subject lists every action, those on others their own. All have
    the group of the decision, so that an undo takes all of them back.
    """
    kind = EventType.DECISION_REVERSED if decision.reverses else EventType.DECISION_MADE
    drafts = [_draft(kind, case, decision, subject_id=case.subject_id)]
    for subject_id in _other_subjects(case, decision):
        own = tuple(action for action in decision.actions if action.subject_id == subject_id)
        drafts.append(_draft(kind, case, replace(decision, actions=own), subject_id=subject_id))
    return drafts


def applied_draft(case: CaseFacts, standing: DecisionFacts, reports: Sequence[ReportRef]) -> Draft:
    """New reports that met a standing decision. It is told after the decision itself, and is
    taken back with it.
    """
    return _draft(
        EventType.DECISION_APPLIED,
        replace(case, reports=tuple(reports), reports_total=len(reports)),
        standing,
        subject_id=case.subject_id,
        distinct=tuple(sorted(report.report_id for report in reports)),
    )


def appeal_draft(data: AppealData, *, release_at: datetime, traceparent: str | None) -> Draft:
    """`appeal.refused` where the data say why, else `appeal.decided`."""
    kind = EventType.APPEAL_REFUSED if data.refused else EventType.APPEAL_DECIDED
    return Draft(
        event_id=_event_id(kind, data.appeal_id),
        type=kind,
        platform=data.platform,
        environment=data.environment,
        data=data.model_dump(mode="json"),
        release_at=release_at,
        subject_id=data.subject_id,
        decision_id=data.decision_id,
        appeal_id=data.appeal_id,
        traceparent=traceparent,
    )


def quarantine_draft(data: QuarantineData, *, traceparent: str | None = None) -> Draft:
    """`report.quarantined`, once for a report."""
    return Draft(
        event_id=_event_id(EventType.REPORT_QUARANTINED, data.report_id),
        type=EventType.REPORT_QUARANTINED,
        platform=data.platform,
        environment=data.environment,
        data=data.model_dump(mode="json"),
        release_at=data.quarantined_at,
        traceparent=traceparent,
    )


def effective_after(
    current: Iterable[EffectiveAction], kind: EventType, data: DecisionData, *, at: datetime
) -> tuple[EffectiveAction, ...]:
    """What should hold on `data.subject_id` after the event; `at` is when it was released.

    Each standing decision holds its own actions, so that two that order the same are reversed
    one by one. A decision that is only applied anew changes nothing, and what ends by its time is
    left out whatever the event.
    """
    held = [action for action in current if action.until is None or action.until > at]
    if kind in (EventType.DECISION_APPLIED, EventType.DECISION_EXPIRED):
        return tuple(held)
    gone = {data.decision_id, data.reverses}
    kept = [action for action in held if action.decision_id not in gone]
    added = [
        EffectiveAction(
            action=action.action,
            countries=action.countries,
            until=action.until,
            decision_id=data.decision_id,
        )
        for action in data.actions
        if action.subject_id == data.subject_id and (action.until is None or action.until > at)
    ]
    return (*kept, *added)


def expiry_drafts(
    kind: EventType, told: DecisionData, *, at: datetime, traceparent: str | None
) -> list[Draft]:
    """`decision.expired` for each time at which actions end that an event released `at` ordered on
    its subject. They wait in the outbox until then; the rest of the decision stands on.
    """
    if kind not in (EventType.DECISION_MADE, EventType.DECISION_REVERSED):
        return []
    timed: dict[datetime, list[Action]] = {}
    for action in told.actions:
        if action.subject_id == told.subject_id and action.until is not None and action.until > at:
            timed.setdefault(action.until, []).append(action)
    return [
        Draft(
            event_id=_event_id(
                EventType.DECISION_EXPIRED, told.decision_id, told.subject_id, until.isoformat()
            ),
            type=EventType.DECISION_EXPIRED,
            platform=told.platform,
            environment=told.environment,
            data=told.model_copy(update={"actions": tuple(ended), "reverses": None}).model_dump(
                mode="json", exclude=SET_AT_RELEASE
            ),
            release_at=until,
            subject_id=told.subject_id,
            decision_id=told.decision_id,
            traceparent=traceparent,
        )
        for until, ended in sorted(timed.items())
    ]


def _draft(
    kind: EventType,
    case: CaseFacts,
    decision: DecisionFacts,
    *,
    subject_id: SubjectId,
    distinct: tuple[str, ...] = (),
) -> Draft:
    own = subject_id == case.subject_id
    reference = case.subject_ref if own else case.references.get(subject_id)
    data = DecisionData(
        decision_id=decision.decision_id,
        case_id=case.case_id,
        cluster_id=case.cluster_id,
        platform=case.platform,
        environment=case.environment,
        subject_id=subject_id,
        subject_ref=reference or SubjectRef(kind="account"),
        subject_version=0,
        effective=(),
        finding=decision.finding,
        actions=decision.actions,
        policies=tuple(_with_code(policy, case) for policy in decision.policies),
        ground=decision.ground,
        legal_basis=decision.legal_basis,
        reason=decision.reason,
        detection=case.detection,
        reports=case.reports[:MOST_REPORTS],
        reports_total=case.reports_total,
        decided_at=decision.decided_at,
        appeal_until=decision.appeal_until,
        reverses=decision.reverses,
    )
    return Draft(
        event_id=_event_id(kind, decision.decision_id, subject_id, *distinct),
        type=kind,
        platform=case.platform,
        environment=case.environment,
        data=data.model_dump(mode="json", exclude=SET_AT_RELEASE),
        release_at=decision.undo_until,
        subject_id=subject_id,
        decision_id=decision.decision_id,
        group_id=decision.group_id,
        traceparent=case.traceparent,
    )


def _other_subjects(case: CaseFacts, decision: DecisionFacts) -> list[SubjectId]:
    touched = {action.subject_id for action in (*decision.actions, *decision.withdrawn)}
    return sorted(touched - {case.subject_id})


def _with_code(policy: AppliedPolicy, case: CaseFacts) -> AppliedPolicy:
    code = policy.platform_code or case.platform_codes.get(policy.policy_id)
    return policy.model_copy(update={"platform_code": code})


def _event_id(kind: EventType, *parts: str) -> EventId:
    return EventId(derived_id("evt", kind, *parts))

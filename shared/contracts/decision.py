"""What platforms are told: the body of a webhook and of a record on `decisions` alike."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.identifiers import (
    AppealId,
    CaseId,
    DecisionId,
    Environment,
    EventId,
    ExternalId,
    PlatformId,
    PolicyId,
    ReportId,
    SubjectId,
)
from shared.contracts.message import Instant, Message, Value

API_VERSION = "2026-11"


class Finding(StrEnum):
    VIOLATION = "violation"
    NO_VIOLATION = "no_violation"
    INSUFFICIENT_INFORMATION = "insufficient_information"
    OUT_OF_SCOPE = "out_of_scope"
    ALREADY_GONE = "already_gone"
    BAD_FAITH_REPORT = "bad_faith_report"


class ActionKind(StrEnum):
    REMOVE = "remove"
    RESTRICT = "restrict"
    LABEL = "label"
    DEMOTE = "demote"
    AGE_RESTRICT = "age_restrict"
    LIMIT_INTERACTION = "limit_interaction"
    DEMONETISE = "demonetise"
    WARN = "warn"
    STRIKE = "strike"
    SUSPEND = "suspend"
    DISABLE = "disable"


class Ground(StrEnum):
    LAW = "law"
    TERMS = "terms"


class Detection(StrEnum):
    USER_REPORT = "user_report"
    REFERRAL = "referral"
    ORDER = "order"
    OWN_INITIATIVE = "own_initiative"
    MODEL = "model"


class EventType(StrEnum):
    DECISION_MADE = "decision.made"
    DECISION_REVERSED = "decision.reversed"
    DECISION_APPLIED = "decision.applied"
    DECISION_EXPIRED = "decision.expired"
    APPEAL_DECIDED = "appeal.decided"
    APPEAL_REFUSED = "appeal.refused"
    REPORT_QUARANTINED = "report.quarantined"


class AppealOutcome(StrEnum):
    UPHELD = "upheld"
    OVERTURNED = "overturned"
    MODIFIED = "modified"


class Action(Value):
    action: ActionKind
    subject_id: SubjectId
    countries: tuple[str, ...] | None = None
    until: Instant | None = None


class EffectiveAction(Value):
    """One action that should hold now, and the decision that it comes from."""

    action: ActionKind
    countries: tuple[str, ...] | None = None
    until: Instant | None = None
    decision_id: DecisionId


class SubjectRef(Value):
    """What the platform itself called the subject."""

    kind: str
    url: str | None = None
    platform_id: str | None = None


class AppliedPolicy(Value):
    policy_id: PolicyId
    version: int
    title: str
    platform_code: str | None = None


class ReportRef(Value):
    report_id: ReportId
    external_id: ExternalId


class DecisionData(Value):
    """`subject_version` grows by one with each event on the subject and `effective` is its whole
    state: a receiver that keeps the highest version is right in any order of arrival.
    """

    decision_id: DecisionId
    state: Literal["final"] = "final"
    case_id: CaseId
    cluster_id: str | None = None
    platform: PlatformId
    environment: Environment
    subject_id: SubjectId
    subject_ref: SubjectRef
    subject_version: int
    effective: tuple[EffectiveAction, ...]
    finding: Finding
    actions: tuple[Action, ...] = ()
    policies: tuple[AppliedPolicy, ...] = ()
    ground: Ground | None = None
    legal_basis: str | None = None
    reason: str | None = None
    detection: Detection = Detection.USER_REPORT
    automated_decision: bool = False
    reports: Annotated[tuple[ReportRef, ...], Field(max_length=100)] = ()
    reports_total: int
    reports_url: str | None = None
    decided_at: Instant
    appeal_until: Instant | None = None
    reverses: DecisionId | None = None


class AppealData(Value):
    """`decision_id` is the appealed decision; `new_decision_id` the one that replaced it."""

    appeal_id: AppealId
    external_id: ExternalId
    platform: PlatformId
    environment: Environment
    decision_id: DecisionId
    report_id: ReportId | None = None
    subject_id: SubjectId | None = None
    outcome: AppealOutcome | None = None
    refused: str | None = None
    reason: str | None = None
    new_decision_id: DecisionId | None = None
    decided_at: Instant


class QuarantineData(Value):
    """A report that could not be read behind the edge; operators see why and can replay it."""

    report_id: ReportId
    external_id: ExternalId | None = None
    platform: PlatformId
    environment: Environment
    quarantined_at: Instant


class DecisionEvent(Message):
    schema_version: Literal[1] = 1
    event_id: EventId
    type: Literal[
        EventType.DECISION_MADE,
        EventType.DECISION_REVERSED,
        EventType.DECISION_APPLIED,
        EventType.DECISION_EXPIRED,
    ]
    timestamp: Instant
    api_version: str = API_VERSION
    data: DecisionData


class AppealEvent(Message):
    schema_version: Literal[1] = 1
    event_id: EventId
    type: Literal[EventType.APPEAL_DECIDED, EventType.APPEAL_REFUSED]
    timestamp: Instant
    api_version: str = API_VERSION
    data: AppealData


class QuarantineEvent(Message):
    schema_version: Literal[1] = 1
    event_id: EventId
    type: Literal[EventType.REPORT_QUARANTINED]
    timestamp: Instant
    api_version: str = API_VERSION
    data: QuarantineData


Event = Annotated[DecisionEvent | AppealEvent | QuarantineEvent, Field(discriminator="type")]

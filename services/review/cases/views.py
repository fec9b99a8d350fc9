"""Cases as reviewers see them: the JSON of the review API and what the desk's pages are made of."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, JsonValue

Json = dict[str, JsonValue]


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class PersonView(View):
    """A colleague. Shown to reviewers, never to platforms."""

    reviewer_id: str
    name: str


class LeaseView(View):
    """Somebody works on it now."""

    lease_id: str
    by: PersonView
    mine: bool
    expires_at: datetime


class ReportView(View):
    report_id: str
    external_id: str
    policy_id: str
    reason: Json
    reporter: Json
    urgency: str
    reported_at: datetime
    accepted_at: datetime
    evidence: list[str]
    extra: Json
    applied_decision_id: str | None


class MatchView(View):
    """`similarity` is 0 to 1; the other side is `subject_id`, with its case and decision if any."""

    method: str
    similarity: float
    subject_id: str
    platform: str
    case_id: str | None
    decision_id: str | None
    finding: str | None
    proposal: bool


class ClusterView(View):
    """The open cases that are decided as one."""

    cluster_id: str
    cluster_version: int
    size: int
    case_ids: list[str]


class FactorView(View):
    """`of`: how many there are in all, where `value` counts some of them."""

    name: str
    value: float
    sentence: str
    of: int | None = None


class PriorityView(View):
    score: float
    lane: str
    deadline: datetime | None
    factors: list[FactorView]


class DecisionView(View):
    """`by` is None where the viewer must not know who decided (they decide on an appeal)."""

    decision_id: str
    case_id: str
    subject_id: str
    state: str
    finding: str
    actions: list[Json]
    policies: list[Json]
    ground: str | None
    legal_basis: str | None
    reason: str | None
    internal_note: str | None
    by: PersonView | None
    decided_at: datetime
    undo_until: datetime
    appeal_until: datetime | None
    reverses: str | None
    appeal_id: str | None


class AppealBrief(View):
    appeal_id: str
    decision_id: str
    appellant: str
    state: str
    outcome: str | None
    refused: str | None
    submitted_at: datetime


class NoteView(View):
    note_id: str
    by: PersonView
    text: str
    at: datetime


class HistoryView(View):
    """A step of the case, oldest first."""

    version: int
    event: str
    from_state: str | None
    to_state: str
    actor: str
    reason: str | None
    decision_id: str | None
    at: datetime


class PolicyView(View):
    """The alleged policy in the revision in force; `actions` by kind of subject."""

    policy_id: str
    version: int
    title: str
    text: str
    actions: dict[str, list[str]]


class ReachView(View):
    views: int | None
    shares: int | None
    followers: int | None


class CaseView(View):
    """`reports` are the newest hundred; `report_count` counts all."""

    case_id: str
    case_version: int
    subject_id: str
    subject_url: str | None
    kind: str
    identity: str
    platform: str
    state: str
    queue: str
    urgency: str
    language: str
    policy: PolicyView
    reports: list[ReportView]
    report_count: int
    content: Json | None
    content_digest: str
    context: Json | None
    author: Json | None
    author_account: str | None
    reach: ReachView
    scores: Json
    matches: list[MatchView]
    cluster: ClusterView | None
    priority: PriorityView
    lease: LeaseView | None
    held_by: PersonView | None
    held_until: datetime | None
    assigned_to: PersonView | None
    decisions: list[DecisionView]
    appeals: list[AppealBrief]
    notes: list[NoteView]
    history: list[HistoryView]
    previous_case_id: str | None
    received_at: datetime


class GrantedLease(View):
    """What its owner alone is told: `token` proves the lease in every write."""

    lease_id: str
    token: str
    expires_at: datetime


class LeaseEnd(View):
    expires_at: datetime


class AppealView(View):
    """`decision` is the one appealed against, without who made it."""

    appeal_id: str
    case_id: str | None
    subject_id: str | None
    platform: str
    external_id: str
    decision_id: str
    report_id: str | None
    appellant: str
    language: str
    text: str
    state: str
    submitted_at: datetime
    outcome: str | None
    outcome_reason: str | None
    outcome_at: datetime | None
    new_decision_id: str | None
    refused: str | None
    own_decision: bool
    lease: LeaseView | None
    decision: DecisionView | None


class ClaimView(View):
    """A lease on the cluster of the case, or on the appeal where there is one."""

    case_id: str
    lease: GrantedLease
    case: CaseView
    appeal: AppealView | None = None


class ClaimsView(View):
    """`reason` says why there are none: `empty`, `all_leased` or `not_eligible`."""

    claims: list[ClaimView]
    reason: str | None

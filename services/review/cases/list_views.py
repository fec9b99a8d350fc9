"""Lists as reviewers see them: queues, search, accounts, the audit trail of a case."""

from datetime import datetime

from services.review.cases.views import DecisionView, Json, LeaseView, PersonView, View


class CaseSummary(View):
    """A line of a list: nothing of the content itself."""

    case_id: str
    subject_id: str
    kind: str
    platform: str
    state: str
    queue: str
    policy_id: str
    language: str
    violation: float
    report_count: int
    decision_id: str | None
    finding: str | None
    lease: LeaseView | None
    held_by: PersonView | None
    held_until: datetime | None
    received_at: datetime


class CasePage(View):
    items: list[CaseSummary]
    next_cursor: str | None


class QueueView(View):
    """`available` is what this reviewer could claim now; `ages` counts the waiting by age."""

    queue_id: str
    title: str
    kind: str
    depth: int
    available: int
    oldest_age_seconds: float | None
    next_deadline: datetime | None
    languages: dict[str, int]
    ages: dict[str, int]


class QueuesView(View):
    items: list[QueueView]
    counted_at: datetime


class LinkView(View):
    """Something that ties an account to another subject, and what it is."""

    subject_id: str
    relation: str
    similarity: float | None


class AccountView(View):
    subject_id: str
    platform: str
    identity: str | None
    url: str | None
    version: int
    effective: list[Json]
    aliases: list[str]
    author: Json | None
    decisions: list[DecisionView]
    open_cases: list[CaseSummary]
    links: list[LinkView]


class AuditEntryView(View):
    """`private` only for those who may read it."""

    seq: int
    at: datetime
    actor: str
    action: str
    case_version: int | None
    before: Json
    after: Json
    reason: str | None
    private: Json | None


class AuditView(View):
    items: list[AuditEntryView]

"""What the system says when all is quiet: its public answers first, then its database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.chaos.history import ReportName, Tenant


class Holding(NamedTuple):
    """An action that should hold on a subject, and the decision that it comes from."""

    action: str
    decision_id: str


@dataclass(frozen=True)
class Status:
    """What the status call tells of a report. `decision_id` is of the decision shown."""

    report_id: str
    subject_id: str | None
    case_id: str | None
    state: str
    decision_id: str | None = None
    conflicts: int = 0


@dataclass(frozen=True)
class Told:
    """An event of the feed. `actions` are those on its own subject."""

    event_id: str
    type: str
    tenant: Tenant
    body: str
    decision_id: str | None = None
    subject_id: str | None = None
    version: int | None = None
    effective: tuple[Holding, ...] = ()
    actions: tuple[str, ...] = ()
    report_ids: tuple[str, ...] = ()
    reports_total: int = 0
    reverses: str | None = None


@dataclass(frozen=True)
class StoredReport:
    name: ReportName
    report_id: str
    subject_id: str
    case_id: str


@dataclass(frozen=True)
class StoredCase:
    """`report_count` is what the case says of itself, `offered` whether reviewers can be given
    it.
    """

    case_id: str
    tenant: Tenant
    subject_id: str
    state: str
    report_count: int
    decision_id: str | None
    offered: bool


@dataclass(frozen=True)
class StoredDecision:
    decision_id: str
    case_id: str
    lease_id: str
    state: str


@dataclass(frozen=True)
class StoredSubject:
    tenant: Tenant
    subject_id: str
    version: int
    effective: tuple[Holding, ...]


@dataclass(frozen=True)
class Account:
    """A report without a status is not known. Each feed is in its own order."""

    statuses: Mapping[ReportName, Status] = field(default_factory=dict)
    feeds: Mapping[Tenant, Sequence[Told]] = field(default_factory=dict)
    reports: Sequence[StoredReport] = ()
    cases: Sequence[StoredCase] = ()
    decisions: Sequence[StoredDecision] = ()
    subjects: Sequence[StoredSubject] = ()
    hooked: frozenset[Tenant] = frozenset()
    """Those that have a webhook."""

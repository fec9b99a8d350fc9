"""What the pages of the desk show: plain values, already chosen and ordered, nothing to fetch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from services.review.desk.safe_text import Piece


@dataclass(frozen=True)
class UndoView:
    """What can still be taken back. `seconds` are left now."""

    decision_id: str
    finding: str
    action: str | None
    count: int
    seconds: float


@dataclass(frozen=True)
class LeaseView:
    """The case is the reader's for `seconds` more."""

    lease_id: str
    token: str
    seconds: float
    total_seconds: float


@dataclass(frozen=True)
class BarView:
    """The line on top of every page."""

    reviewer: str
    csrf: str
    held: int
    undo: UndoView | None = None


@dataclass(frozen=True)
class AgesView:
    """How many wait under 24 hours, under 48, and longer."""

    day: int
    two_days: int
    longer: int


@dataclass(frozen=True)
class QueueView:
    queue_id: str
    title: str
    kind: str
    depth: int
    available: int
    oldest_seconds: float | None
    next_deadline: datetime | None
    languages: tuple[str, ...]
    ages: AgesView


@dataclass(frozen=True)
class FactorView:
    """Why the case stands where it stands. `share` is 0 to 1 for the meter, None for no meter;
    `of` is how many there are in all, where `value` counts some of them.
    """

    name: str
    value: float
    share: float | None
    sentence: str
    of: int | None = None


@dataclass(frozen=True)
class ReportView:
    policy_id: str | None
    policy_title: str
    platform_code: str | None
    at: datetime
    text: tuple[Piece, ...]
    language: str | None
    reporter_kind: str
    country: str | None
    organisation: str | None
    evidence: tuple[str, ...]
    extra: Mapping[str, JsonValue]


@dataclass(frozen=True)
class MediaView:
    """One picture, video or sound. Covered until somebody asks; `texts` are what is said or written
    in it, `loadable` whether the page may load it from its address.
    """

    number: int
    kind: str
    url: str | None
    loadable: bool
    texts: tuple[tuple[str, tuple[Piece, ...]], ...]


@dataclass(frozen=True)
class PostView:
    """Another post that is needed to understand this one. `role`: parent, quoted or thread."""

    role: str
    author: str | None
    text: tuple[Piece, ...]
    at: datetime | None


@dataclass(frozen=True)
class AuthorView:
    account_id: str | None
    handle: str | None
    display_name: str | None
    bio: tuple[Piece, ...]
    country: str | None
    created_at: datetime | None
    followers: int | None
    decisions: int
    open_cases: int


@dataclass(frozen=True)
class LabelView:
    label: str
    score: float


@dataclass(frozen=True)
class ModelView:
    """What the model found: the chance of a violation in `violation`, 0 to 1."""

    violation: float
    labels: tuple[LabelView, ...]
    watch_list: tuple[str, ...]
    model: str


@dataclass(frozen=True)
class MatchView:
    method: str
    similarity: float
    subject_id: str
    case_id: str | None
    finding: str | None


@dataclass(frozen=True)
class MemberView:
    """Another case that would be decided with this one."""

    case_id: str
    subject_id: str
    handle: str | None
    text: tuple[Piece, ...]


@dataclass(frozen=True)
class PolicyView:
    policy_id: str
    version: int
    title: str
    text: str
    alleged: bool
    chosen: bool
    digit: int | None
    appeal_days: int


@dataclass(frozen=True)
class EventView:
    """One line of the history."""

    at: datetime
    event: str
    actor: str | None
    reason: str | None


@dataclass(frozen=True)
class NoteView:
    at: datetime
    author: str
    text: tuple[Piece, ...]


@dataclass(frozen=True)
class DecisionView:
    decision_id: str
    at: datetime
    reviewer: str | None
    state: str
    finding: str
    actions: tuple[str, ...]
    policies: tuple[str, ...]
    reason: tuple[Piece, ...]


@dataclass(frozen=True)
class ChoicesView:
    """What may be done: on the subject itself, its strongest first, and on the author's account."""

    subject: tuple[str, ...]
    account: tuple[str, ...]
    account_id: str | None


@dataclass(frozen=True)
class DraftView:
    """What the reader had typed. Never lost with a lease."""

    reason: str = ""
    note: str = ""
    policy_id: str | None = None


@dataclass(frozen=True)
class AppealView:
    """An appeal as another person decides it: the first decider is not named."""

    appeal_id: str
    appellant: str
    text: tuple[Piece, ...]
    language: str
    submitted_at: datetime
    state: str
    outcome: str | None
    decision: DecisionView


@dataclass(frozen=True)
class CaseView:
    case_id: str
    version: int
    content_digest: str
    cluster_version: int
    subject_id: str
    subject_url: str | None
    kind: str
    content_kind: str
    identity: str
    platform: str
    state: str
    queue_id: str
    queue_title: str
    opened_at: datetime
    language: str
    text: tuple[Piece, ...]
    published_at: datetime | None
    views: int | None
    shares: int | None
    links: tuple[str, ...]
    media: tuple[MediaView, ...]
    posts: tuple[PostView, ...]
    author: AuthorView | None
    model: ModelView
    factors: tuple[FactorView, ...]
    lane: int
    deadline: datetime | None
    reports: tuple[ReportView, ...]
    report_count: int
    reporter_count: int
    matches: tuple[MatchView, ...]
    members: tuple[MemberView, ...]
    policies: tuple[PolicyView, ...]
    choices: ChoicesView
    events: tuple[EventView, ...]
    notes: tuple[NoteView, ...]
    decisions: tuple[DecisionView, ...]
    viewers: tuple[str, ...]
    held_by: str | None = None
    leased_by: str | None = None
    previous_case_id: str | None = None
    draft: DraftView = field(default_factory=DraftView)


@dataclass(frozen=True)
class FoundView:
    """One line of a search."""

    place: str
    subject_id: str
    state: str
    queue_title: str
    platform: str
    handle: str | None
    text: tuple[Piece, ...]
    language: str
    report_count: int
    opened_at: datetime


@dataclass(frozen=True)
class ColleagueView:
    """Somebody to whom a case can be given."""

    reviewer_id: str
    name: str

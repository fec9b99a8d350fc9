"""A report as it leaves the edge: parsed, canonical, without telephone numbers."""

from enum import StrEnum
from typing import Literal

from pydantic import Field, JsonValue

from shared.contracts.identifiers import (
    Environment,
    ExternalId,
    OrganisationId,
    PlatformId,
    PolicyId,
    ReportId,
    SubjectId,
)
from shared.contracts.message import Instant, Message, Value


class Urgency(StrEnum):
    NORMAL = "normal"
    IMMINENT_HARM = "imminent_harm"


class ReporterKind(StrEnum):
    USER = "user"
    TRUSTED_FLAGGER = "trusted_flagger"
    AUTHORITY = "authority"
    AUTOMATED = "automated"


class SubjectKind(StrEnum):
    CONTENT = "content"
    ACCOUNT = "account"
    GROUP = "group"


class Identity(StrEnum):
    """How firmly a subject id holds on to one thing."""

    STABLE = "stable"
    HANDLE = "handle"  # can change hands: nothing permanent may be done on it
    OPAQUE = "opaque"  # a URL of the platform in a form nobody knows


class Reason(Value):
    policy_id: PolicyId | None = None
    subtype: str | None = None
    platform_code: str | None = None
    text: str | None = None


class Reporter(Value):
    id: str | None = None
    kind: ReporterKind = ReporterKind.USER
    organisation_id: OrganisationId | None = None
    language: str | None = None
    country: str | None = None


class Subject(Value):
    """`url` and `platform_id` are what the platform sent and gets back, redacted."""

    subject_id: SubjectId
    kind: SubjectKind
    identity: Identity = Identity.STABLE
    url: str | None = None
    platform_id: str | None = None
    aliases: tuple[SubjectId, ...] = ()


class Media(Value):
    kind: str
    url: str | None = None
    sha256: str | None = None
    pdq: str | None = None
    pdq_quality: int | None = None
    mime: str | None = None
    transcript: str | None = None
    ocr_text: str | None = None


class Content(Value):
    kind: str = "other"
    text: str | None = None
    language: str | None = None
    published_at: Instant | None = None
    media: tuple[Media, ...] = ()
    links: tuple[str, ...] = ()


class Author(Value):
    """`account_id` is the canonical subject of the author's account, where it can be named."""

    account_id: SubjectId | None = None
    id: str | None = None
    handle: str | None = None
    display_name: str | None = None
    bio: str | None = None
    country: str | None = None
    created_at: Instant | None = None
    followers: int | None = None
    avatar_pdq: str | None = None
    links: tuple[str, ...] = ()


class Post(Value):
    """Another post that is needed to understand the reported one."""

    platform_id: str | None = None
    author_id: str | None = None
    text: str | None = None
    published_at: Instant | None = None


class Context(Value):
    parent: Post | None = None
    quoted: Post | None = None
    thread: tuple[Post, ...] = ()


class Reach(Value):
    views: int | None = None
    shares: int | None = None
    observed_at: Instant | None = None


class Report(Message):
    """`body_hash` covers the canonical subject, the reason and the reporter: two bodies under one
    `external_id` are the same report when it is equal (reach and author may be fresher).
    `warnings` are the codes of what the edge left out.
    """

    schema_version: Literal[1] = 1
    report_id: ReportId
    platform: PlatformId
    environment: Environment
    external_id: ExternalId
    reported_at: Instant
    urgency: Urgency = Urgency.NORMAL
    reason: Reason
    reporter: Reporter = Reporter()
    subject: Subject
    content: Content | None = None
    author: Author | None = None
    context: Context | None = None
    evidence: tuple[str, ...] = ()
    reach: Reach | None = None
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    body_hash: str
    warnings: tuple[str, ...] = ()

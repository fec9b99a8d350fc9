"""What platforms send, field by field. Parts that leave the edge as they came narrow the contract
of `shared.contracts.report`: once validated here they go into the record without a second reading.
"""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator
from pydantic_core import PydanticCustomError, to_json

from services.ingest.fields import (
    Bio,
    ContentKind,
    Count,
    Country,
    Hex64,
    Id,
    Language,
    Link,
    MediaKind,
    MimeType,
    OwnId,
    Percent,
    Short,
    Statement,
    Text,
)
from shared.contracts.appeal import Appellant, AppellantKind
from shared.contracts.identifiers import DecisionId, OrganisationId, PolicyId, ReportId
from shared.contracts.report import (
    Content,
    Context,
    Media,
    Post,
    Reach,
    Reason,
    Reporter,
    ReporterKind,
    SubjectKind,
    Urgency,
)
from shared.times import Moment

EXTRA_BYTES = 8 * 1024
_STRICT = ConfigDict(extra="forbid", frozen=True)


class ReasonForm(Reason):
    model_config = _STRICT
    policy_id: Annotated[PolicyId, Field(min_length=1, max_length=64)] | None = None
    subtype: Short | None = None
    platform_code: Annotated[Short, Field(min_length=1)] | None = None
    text: Text | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.policy_id is None and self.platform_code is None:
            raise PydanticCustomError("missing", "needs policy_id or platform_code")
        return self


class ReporterForm(Reporter):
    model_config = _STRICT
    id: Id | None = None
    kind: ReporterKind = ReporterKind.USER
    organisation_id: Annotated[OrganisationId, Field(min_length=1, max_length=128)] | None = None
    language: Language | None = None
    country: Country | None = None


class SubjectForm(BaseModel):
    model_config = _STRICT
    kind: SubjectKind
    url: Link | None = None
    platform_id: Id | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.url is None and self.platform_id is None:
            raise PydanticCustomError("missing", "needs url or platform_id")
        return self


class MediaForm(Media):
    model_config = _STRICT
    kind: MediaKind = MediaKind.OTHER
    url: Link | None = None
    sha256: Hex64 | None = None
    pdq: Hex64 | None = None
    pdq_quality: Percent | None = None
    mime: MimeType | None = None
    transcript: Text | None = None
    ocr_text: Text | None = None


class ContentForm(Content):
    model_config = _STRICT
    kind: ContentKind = ContentKind.OTHER
    text: Text | None = None
    language: Language | None = None
    published_at: Moment | None = None
    media: Annotated[tuple[MediaForm, ...], Field(max_length=50)] = ()
    links: Annotated[tuple[Link, ...], Field(max_length=100)] = ()


class AuthorForm(BaseModel):
    model_config = _STRICT
    id: Id | None = None
    handle: Short | None = None
    display_name: Short | None = None
    bio: Bio | None = None
    country: Country | None = None
    created_at: Moment | None = None
    followers: Count | None = None
    avatar_pdq: Hex64 | None = None
    links: Annotated[tuple[Link, ...], Field(max_length=100)] = ()


class PostForm(Post):
    model_config = _STRICT
    platform_id: Id | None = None
    author_id: Id | None = None
    text: Text | None = None
    published_at: Moment | None = None


class ContextForm(Context):
    model_config = _STRICT
    parent: PostForm | None = None
    quoted: PostForm | None = None
    thread: Annotated[tuple[PostForm, ...], Field(max_length=50)] = ()


class ReachForm(Reach):
    model_config = _STRICT
    views: Count | None = None
    shares: Count | None = None
    observed_at: Moment | None = None


class ReportForm(BaseModel):
    """The body of `POST /v1/reports` and of each line in bulk."""

    model_config = _STRICT
    external_id: OwnId
    reported_at: Moment
    urgency: Urgency = Urgency.NORMAL
    reason: ReasonForm
    reporter: ReporterForm = ReporterForm()
    subject: SubjectForm
    content: ContentForm | None = None
    author: AuthorForm | None = None
    context: ContextForm | None = None
    evidence: Annotated[tuple[Link, ...], Field(max_length=100)] = ()
    reach: ReachForm | None = None
    extra: dict[str, JsonValue] = Field(default_factory=dict)

    @field_validator("extra")
    @classmethod
    def _small(cls, extra: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if extra and len(to_json(extra)) > EXTRA_BYTES:
            raise PydanticCustomError("too_long", "must be at most 8 KiB as JSON")
        return extra


REPORT_REQUIRES = frozenset(
    {("external_id",), ("reported_at",), ("reason",), ("subject",), ("subject", "kind")}
)


class AppellantForm(Appellant):
    model_config = _STRICT
    kind: AppellantKind
    id: Id | None = None
    language: Language | None = None


class AppealForm(BaseModel):
    """The body of `POST /v1/appeals`."""

    model_config = _STRICT
    external_id: OwnId
    decision_id: Annotated[DecisionId, Field(min_length=1, max_length=128)]
    report_id: Annotated[ReportId, Field(min_length=1, max_length=128)] | None = None
    appellant: AppellantForm
    text: Statement
    submitted_at: Moment | None = None

    @model_validator(mode="after")
    def _reporter_names_report(self) -> Self:
        if self.appellant.kind is AppellantKind.REPORTER and self.report_id is None:
            raise PydanticCustomError("missing", "a reporter's appeal needs report_id")
        return self


APPEAL_REQUIRES = frozenset(
    {("external_id",), ("decision_id",), ("appellant",), ("appellant", "kind"), ("text",)}
)

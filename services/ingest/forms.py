"""What platforms send, field by field. A report is read into plain dictionaries: they cost much
less than models, and what is in them goes into the record as it is, in the order of the contract
and with its defaults; another field that was not sent is absent.
"""

from typing import Annotated, Required, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    model_validator,
    with_config,
)
from pydantic_core import PydanticCustomError, to_json
from typing_extensions import TypedDict

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
from services.ingest.leniency import Form
from shared.contracts.appeal import Appellant, AppellantKind
from shared.contracts.identifiers import DecisionId, OrganisationId, PolicyId, ReportId
from shared.contracts.report import ReporterKind, SubjectKind, Urgency
from shared.times import Moment

EXTRA_BYTES = 8 * 1024
_STRICT = ConfigDict(extra="forbid", frozen=True)
_fields = with_config(ConfigDict(extra="forbid"))


@_fields
class ReasonFields(TypedDict, total=False):
    policy_id: Annotated[PolicyId, Field(min_length=1, max_length=64)] | None
    subtype: Short | None
    platform_code: Annotated[Short, Field(min_length=1)] | None
    text: Text | None


def _says_something(reason: ReasonFields) -> ReasonFields:
    if reason.get("policy_id") is None and reason.get("platform_code") is None:
        raise PydanticCustomError("missing", "needs policy_id or platform_code")
    return reason


ReasonForm = Annotated[ReasonFields, AfterValidator(_says_something)]


@_fields
class ReporterForm(TypedDict, total=False):
    id: Id | None
    kind: Annotated[ReporterKind, Field(default=ReporterKind.USER)]
    organisation_id: Annotated[OrganisationId, Field(min_length=1, max_length=128)] | None
    language: Language | None
    country: Country | None


@_fields
class SubjectFields(TypedDict, total=False):
    kind: Required[SubjectKind]
    url: Link | None
    platform_id: Id | None


def _is_named(subject: SubjectFields) -> SubjectFields:
    if subject.get("url") is None and subject.get("platform_id") is None:
        raise PydanticCustomError("missing", "needs url or platform_id")
    return subject


SubjectForm = Annotated[SubjectFields, AfterValidator(_is_named)]


@_fields
class MediaForm(TypedDict, total=False):
    kind: Annotated[MediaKind, Field(default=MediaKind.OTHER)]
    url: Link | None
    sha256: Hex64 | None
    pdq: Hex64 | None
    pdq_quality: Percent | None
    mime: MimeType | None
    transcript: Text | None
    ocr_text: Text | None


@_fields
class ContentForm(TypedDict, total=False):
    kind: Annotated[ContentKind, Field(default=ContentKind.OTHER)]
    text: Text | None
    language: Language | None
    published_at: Moment | None
    media: Annotated[list[MediaForm], Field(max_length=50, default=())]
    links: Annotated[list[Link], Field(max_length=100, default=())]


@_fields
class AuthorForm(TypedDict, total=False):
    id: Id | None
    handle: Short | None
    display_name: Short | None
    bio: Bio | None
    country: Country | None
    created_at: Moment | None
    followers: Count | None
    avatar_pdq: Hex64 | None
    links: Annotated[list[Link], Field(max_length=100, default=())]


@_fields
class PostForm(TypedDict, total=False):
    platform_id: Id | None
    author_id: Id | None
    text: Text | None
    published_at: Moment | None


@_fields
class ContextForm(TypedDict, total=False):
    parent: PostForm | None
    quoted: PostForm | None
    thread: Annotated[list[PostForm], Field(max_length=50, default=())]


@_fields
class ReachForm(TypedDict, total=False):
    views: Count | None
    shares: Count | None
    observed_at: Moment | None


def _small(extra: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if extra and len(to_json(extra)) > EXTRA_BYTES:
        raise PydanticCustomError("too_long", "must be at most 8 KiB as JSON")
    return extra


@_fields
class ReportForm(TypedDict, total=False):
    """The body of `POST /v1/reports` and of each line in bulk."""

    external_id: Required[OwnId]
    reported_at: Required[Moment]
    urgency: Annotated[Urgency, Field(default=Urgency.NORMAL)]
    reason: Required[ReasonForm]
    reporter: ReporterForm
    subject: Required[SubjectForm]
    content: ContentForm | None
    author: AuthorForm | None
    context: ContextForm | None
    evidence: Annotated[list[Link], Field(max_length=100, default=())]
    reach: ReachForm | None
    extra: Annotated[dict[str, JsonValue], AfterValidator(_small), Field(default_factory=dict)]


REPORT = Form(
    TypeAdapter(ReportForm),
    {("external_id",), ("reported_at",), ("reason",), ("subject",), ("subject", "kind")},
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


APPEAL = Form(
    TypeAdapter(AppealForm),
    {("external_id",), ("decision_id",), ("appellant",), ("appellant", "kind"), ("text",)},
)

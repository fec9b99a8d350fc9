"""From what a platform sent to the record that leaves the edge. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import orjson
from pydantic import JsonValue

from services.ingest.errors import FieldProblem, Refused
from services.ingest.forms import (
    AppealForm,
    AuthorForm,
    ContentForm,
    ContextForm,
    PostForm,
    ReasonFields,
    ReporterForm,
    ReportForm,
)
from services.ingest.leniency import Read
from services.ingest.problems import Problem
from services.ingest.records import Fields
from services.ingest.subjects.canonical import (
    Canonical,
    CanonicalSubject,
    SubjectRefused,
    SubjectWarning,
    account_of,
    canonical_subject,
    shown_id,
)
from services.ingest.subjects.phones import Phones, redacted_text
from shared.contracts.appeal import Appeal
from shared.contracts.identifiers import (
    Environment,
    ExternalId,
    PlatformId,
    ReportId,
    SubjectId,
    appeal_id,
    report_id,
)
from shared.contracts.reference import Organisation
from shared.contracts.report import Identity, ReporterKind, SubjectKind

_A_USER: ReporterForm = {"kind": ReporterKind.USER}
FUTURE = timedelta(minutes=5)

_SUBJECT_SAYS = {
    SubjectWarning.OPAQUE: "is not understood; on such a name nothing can be done to an account",
    SubjectWarning.URL_DIFFERS: "names another thing than platform_id, which counts",
}


@dataclass(frozen=True)
class Sender:
    """Who sends: a platform, with what is registered of it."""

    platform: PlatformId
    environment: Environment
    organisations: Mapping[str, Organisation]


class Reading(NamedTuple):
    """What the reading of a report depends on besides the report."""

    phones: Phones
    policies: frozenset[str]
    now: datetime


class Named(NamedTuple):
    """A form whose subject has its name."""

    form: ReportForm
    subject: CanonicalSubject
    warnings: tuple[FieldProblem, ...]


class Shown(NamedTuple):
    """The parts of a report as they may leave the edge; `parts` are those that may be absent."""

    named: Named
    reason: ReasonFields
    reporter: ReporterForm
    parts: Fields
    warnings: tuple[FieldProblem, ...]


class Accepted(NamedTuple):
    """`record` has the fields of the contract `Report`."""

    report_id: ReportId
    external_id: ExternalId
    subject_id: SubjectId
    record: Fields
    warnings: tuple[FieldProblem, ...]


def named_of(read: Read[ReportForm], sender: Sender, reading: Reading) -> Named:
    """Raises Refused for a subject that cannot be, or a time that has not come."""
    form = read.form
    if form["reported_at"] > reading.now + FUTURE:
        raise Refused(
            Problem.INVALID,
            errors=[FieldProblem("/reported_at", "out_of_range", "is in the future")],
        )
    canonical = _canonical(form, sender.platform, reading.phones)
    warnings = [
        FieldProblem(f"/subject/{field}", code, _SUBJECT_SAYS[code])
        for field, code in canonical.warnings
    ]
    subject = _with_author_alias(canonical.subject, form, sender.platform, reading.phones)
    return Named(form, subject, (*read.warnings, *warnings))


def shown_of(named: Named, sender: Sender, reading: Reading) -> Shown:
    """What nobody registered or knows is left out, and telephone numbers are hidden."""
    form, phones, platform = named.form, reading.phones, sender.platform
    warnings = list(named.warnings)
    reason = _reason(form["reason"], reading.policies, warnings)
    reporter = _reporter(form.get("reporter") or _A_USER, sender, phones, warnings)
    parts: Fields = {}
    if (content := form.get("content")) is not None:
        parts["content"] = _content(content, phones)
    if (author := form.get("author")) is not None:
        parts["author"] = _author(author, platform, phones)
    if (context := form.get("context")) is not None:
        parts["context"] = _context(context, platform, phones)
    parts["evidence"] = _links(form["evidence"], phones)
    if (reach := form.get("reach")) is not None:
        parts["reach"] = reach
    parts["extra"] = _extra(form["extra"], platform)
    return Shown(named, reason, reporter, parts, tuple(warnings))


def accepted_of(shown: Shown, sender: Sender) -> Accepted:
    """The record."""
    form, subject, _ = shown.named
    external_id = form["external_id"]
    named = report_id(sender.platform, sender.environment, external_id)
    record: Fields = {
        "schema_version": 1,
        "report_id": named,
        "platform": sender.platform,
        "environment": sender.environment,
        "external_id": external_id,
        "reported_at": form["reported_at"],
        "urgency": form["urgency"],
        "reason": shown.reason,
        "reporter": shown.reporter,
        "subject": _fields_of(subject),
        **shown.parts,
        "body_hash": body_hash(subject, shown.reason, shown.reporter),
        "warnings": sorted({one.code for one in shown.warnings}) if shown.warnings else (),
    }
    return Accepted(named, external_id, subject.subject_id, record, shown.warnings)


def appeal_of(form: AppealForm, sender: Sender, reading: Reading) -> Appeal:
    appellant = form.appellant
    if appellant.id is not None:
        shown = shown_id(sender.platform, appellant.id, reading.phones)
        appellant = appellant.model_copy(update={"id": shown})
    return Appeal(
        appeal_id=appeal_id(sender.platform, sender.environment, form.external_id),
        platform=sender.platform,
        environment=sender.environment,
        external_id=form.external_id,
        decision_id=form.decision_id,
        report_id=form.report_id,
        appellant=appellant,
        text=form.text,
        submitted_at=form.submitted_at or reading.now,
    )


def body_hash(subject: CanonicalSubject, reason: ReasonFields, reporter: ReporterForm) -> str:
    """Two bodies under one external id are the same report when this is equal."""
    said, who = reason.get, reporter.get
    facts = [
        subject.subject_id,
        subject.kind,
        [said("policy_id"), said("subtype"), said("platform_code"), said("text")],
        [
            who("id"),
            who("kind"),
            who("organisation_id"),
            who("language"),
            who("country"),
        ],
    ]
    return hashlib.sha256(orjson.dumps(facts)).hexdigest()[:32]


def _canonical(form: ReportForm, platform: PlatformId, phones: Phones) -> Canonical:
    subject = form["subject"]
    try:
        return canonical_subject(
            platform,
            subject["kind"],
            url=subject.get("url"),
            platform_id=subject.get("platform_id"),
            phones=phones,
        )
    except SubjectRefused as error:
        problem = Problem(error.problem)
        field = FieldProblem(f"/subject/{error.field}", problem, "see the type of this problem")
        raise Refused(problem, errors=[field]) from None


def _fields_of(subject: CanonicalSubject) -> Fields:
    fields: Fields = {
        "subject_id": subject.subject_id,
        "kind": subject.kind,
        "identity": subject.identity,
    }
    if subject.url is not None:
        fields["url"] = subject.url
    if subject.platform_id is not None:
        fields["platform_id"] = subject.platform_id
    fields["aliases"] = subject.aliases
    return fields


def _reason(
    reason: ReasonFields, policies: frozenset[str], named: list[FieldProblem]
) -> ReasonFields:
    policy = reason.get("policy_id")
    if policy is None or policy in policies:
        return reason
    named.append(FieldProblem("/reason/policy_id", "unknown_policy", "is no policy here"))
    return {**reason, "policy_id": None}


def _reporter(
    reporter: ReporterForm, sender: Sender, phones: Phones, named: list[FieldProblem]
) -> ReporterForm:
    kind, organisation_id = reporter.get("kind"), reporter.get("organisation_id")
    organisation = sender.organisations.get(organisation_id) if organisation_id else None
    if kind is ReporterKind.TRUSTED_FLAGGER or kind is ReporterKind.AUTHORITY:
        if organisation is None or organisation.kind is not kind:
            named.append(
                FieldProblem(
                    "/reporter/kind", "not_registered", "is not registered as that; taken as user"
                )
            )
            reporter = {**reporter, "kind": ReporterKind.USER, "organisation_id": None}
    elif organisation is None and organisation_id is not None:
        named.append(
            FieldProblem(
                "/reporter/organisation_id", "not_registered", "is not registered; it was left out"
            )
        )
        reporter = {**reporter, "organisation_id": None}
    own = reporter.get("id")
    if own is not None and (shown := shown_id(sender.platform, own, phones)) != own:
        reporter = {**reporter, "id": shown}
    return reporter


def _author(form: AuthorForm, platform: PlatformId, phones: Phones) -> Fields:
    own = form.get("id")
    name = account_of(platform, author_id=own, author_handle=form.get("handle"), phones=phones)
    shown: Fields = {**form} if name is None else {"account_id": name.subject_id, **form}
    if own is not None:
        shown["id"] = shown_id(platform, own, phones)
    if links := form.get("links"):
        shown["links"] = _links(links, phones)
    return shown


def _with_author_alias(
    subject: CanonicalSubject, form: ReportForm, platform: PlatformId, phones: Phones
) -> CanonicalSubject:
    """A report on an account by its handle learns the id from the author, where that is the same
    account.
    """
    if subject.kind is not SubjectKind.ACCOUNT:
        return subject
    author = form.get("author") or AuthorForm()
    own = author.get("id")
    if own is None or subject.identity is not Identity.HANDLE or subject.aliases:
        return subject
    by_handle = account_of(
        platform, author_id=None, author_handle=author.get("handle"), phones=phones
    )
    by_id = account_of(platform, author_id=own, author_handle=None, phones=phones)
    if by_handle is None or by_id is None or by_handle.subject_id != subject.subject_id:
        return subject
    return subject._replace(aliases=(by_id.subject_id,))


def _content(content: ContentForm, phones: Phones) -> Fields:
    shown: Fields = {**content}
    if links := content.get("links"):
        shown["links"] = _links(links, phones)
    if media := content.get("media"):
        shown["media"] = [
            {**item, "url": phones.redacted_link(url)} if (url := item.get("url")) else item
            for item in media
        ]
    return shown


def _context(form: ContextForm, platform: PlatformId, phones: Phones) -> Fields:
    def shown(post: PostForm | None) -> PostForm | None:
        if post is None:
            return None
        post_id, author_id = post.get("platform_id"), post.get("author_id")
        if post_id is not None:
            post = {**post, "platform_id": shown_id(platform, post_id, phones)}
        if author_id is not None:
            post = {**post, "author_id": shown_id(platform, author_id, phones)}
        return post

    return {
        "parent": shown(form.get("parent")),
        "quoted": shown(form.get("quoted")),
        "thread": [shown(post) for post in form["thread"]],
    }


def _links(links: Sequence[str], phones: Phones) -> list[str]:
    return [phones.redacted_link(link) for link in links]


def _extra(value: dict[str, JsonValue], platform: PlatformId) -> dict[str, JsonValue]:
    return {redacted_text(name): _redacted(child, platform) for name, child in value.items()}


def _redacted(value: JsonValue, platform: PlatformId) -> JsonValue:
    """Numbers count as telephone numbers where that is what accounts are."""
    if isinstance(value, str):
        return redacted_text(value)
    if isinstance(value, dict):
        return _extra(value, platform)
    if isinstance(value, list):
        return [_redacted(child, platform) for child in value]
    if isinstance(value, int) and platform == "whatsapp" and len(str(abs(value))) >= 10:
        return redacted_text(str(value))
    return value

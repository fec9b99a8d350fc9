"""From what a platform sent to the record that leaves the edge. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

import orjson
from pydantic import JsonValue

from services.ingest.errors import FieldProblem, Refused
from services.ingest.forms import AppealForm, AuthorForm, ContextForm, ReportForm
from services.ingest.leniency import Read
from services.ingest.problems import Problem
from services.ingest.subjects.canonical import (
    Canonical,
    SubjectRefused,
    SubjectWarning,
    account_of,
    canonical_subject,
    shown_id,
)
from services.ingest.subjects.phones import Phones, redacted_text
from shared.contracts.appeal import Appeal
from shared.contracts.identifiers import Environment, PlatformId, appeal_id, report_id
from shared.contracts.reference import Organisation
from shared.contracts.report import (
    Author,
    Content,
    Context,
    Identity,
    Media,
    Post,
    Reason,
    Report,
    Reporter,
    ReporterKind,
    Subject,
    SubjectKind,
)

FUTURE = timedelta(minutes=5)

_SUBJECT_SAYS = {
    SubjectWarning.OPAQUE: "is not understood; on such a name nothing can be done to an account",
    SubjectWarning.URL_DIFFERS: "names another thing than platform_id, which counts",
}
P = TypeVar("P", Content, Media)


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
    subject: Subject
    warnings: tuple[FieldProblem, ...]


class Shown(NamedTuple):
    """The parts of a report as they may leave the edge."""

    named: Named
    reason: Reason
    reporter: Reporter
    content: Content | None
    author: Author | None
    context: Context | None
    evidence: tuple[str, ...]
    extra: dict[str, JsonValue]
    warnings: tuple[FieldProblem, ...]


class Accepted(NamedTuple):
    report: Report
    warnings: tuple[FieldProblem, ...]


def named_of(read: Read[ReportForm], sender: Sender, reading: Reading) -> Named:
    """Raises Refused for a subject that cannot be, or a time that has not come."""
    form = read.form
    if form.reported_at > reading.now + FUTURE:
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
    form, phones = named.form, reading.phones
    warnings = list(named.warnings)
    return Shown(
        named,
        reason=_reason(form, reading.policies, warnings),
        reporter=_reporter(form, sender, phones, warnings),
        content=_content(form.content, phones),
        author=_author(form.author, sender.platform, phones),
        context=_context(form.context, sender.platform, phones),
        evidence=_links(form.evidence, phones),
        extra=_extra(form.extra, sender.platform) if form.extra else {},
        warnings=tuple(warnings),
    )


def accepted_of(shown: Shown, sender: Sender) -> Accepted:
    """The record."""
    form, subject, _ = shown.named
    report = Report(
        report_id=report_id(sender.platform, sender.environment, form.external_id),
        platform=sender.platform,
        environment=sender.environment,
        external_id=form.external_id,
        reported_at=form.reported_at,
        urgency=form.urgency,
        reason=shown.reason,
        reporter=shown.reporter,
        subject=subject,
        content=shown.content,
        author=shown.author,
        context=shown.context,
        evidence=shown.evidence,
        reach=form.reach,
        extra=shown.extra,
        body_hash=body_hash(subject, shown.reason, shown.reporter),
        warnings=tuple(sorted({warning.code for warning in shown.warnings})),
    )
    return Accepted(report, shown.warnings)


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


def body_hash(subject: Subject, reason: Reason, reporter: Reporter) -> str:
    """Two bodies under one external id are the same report when this is equal."""
    facts = [
        subject.subject_id,
        subject.kind,
        [reason.policy_id, reason.subtype, reason.platform_code, reason.text],
        [reporter.id, reporter.kind, reporter.organisation_id, reporter.language, reporter.country],
    ]
    return hashlib.sha256(orjson.dumps(facts)).hexdigest()[:32]


def _canonical(form: ReportForm, platform: PlatformId, phones: Phones) -> Canonical:
    try:
        return canonical_subject(
            platform,
            form.subject.kind,
            url=form.subject.url,
            platform_id=form.subject.platform_id,
            phones=phones,
        )
    except SubjectRefused as error:
        problem = Problem(error.problem)
        field = FieldProblem(f"/subject/{error.field}", problem, "see the type of this problem")
        raise Refused(problem, errors=[field]) from None


def _reason(form: ReportForm, policies: frozenset[str], named: list[FieldProblem]) -> Reason:
    reason = form.reason
    if reason.policy_id is None or reason.policy_id in policies:
        return reason
    named.append(FieldProblem("/reason/policy_id", "unknown_policy", "is no policy here"))
    return reason.model_copy(update={"policy_id": None})


def _reporter(
    form: ReportForm, sender: Sender, phones: Phones, named: list[FieldProblem]
) -> Reporter:
    reporter = form.reporter
    changes: dict[str, object] = {}
    organisation = sender.organisations.get(reporter.organisation_id or "")
    if reporter.kind in {ReporterKind.TRUSTED_FLAGGER, ReporterKind.AUTHORITY}:
        if organisation is None or organisation.kind is not reporter.kind:
            named.append(
                FieldProblem(
                    "/reporter/kind", "not_registered", "is not registered as that; taken as user"
                )
            )
            changes |= {"kind": ReporterKind.USER, "organisation_id": None}
    elif organisation is None and reporter.organisation_id is not None:
        named.append(
            FieldProblem(
                "/reporter/organisation_id", "not_registered", "is not registered; it was left out"
            )
        )
        changes["organisation_id"] = None
    if reporter.id is not None:
        shown = shown_id(sender.platform, reporter.id, phones)
        if shown != reporter.id:
            changes["id"] = shown
    return reporter.model_copy(update=changes) if changes else reporter


def _author(form: AuthorForm | None, platform: PlatformId, phones: Phones) -> Author | None:
    if form is None:
        return None
    name = account_of(platform, author_id=form.id, author_handle=form.handle, phones=phones)
    return Author(
        account_id=None if name is None else name.subject_id,
        id=None if form.id is None else shown_id(platform, form.id, phones),
        handle=form.handle,
        display_name=form.display_name,
        bio=form.bio,
        country=form.country,
        created_at=form.created_at,
        followers=form.followers,
        avatar_pdq=form.avatar_pdq,
        links=_links(form.links, phones),
    )


def _with_author_alias(
    subject: Subject, form: ReportForm, platform: PlatformId, phones: Phones
) -> Subject:
    """A report on an account by its handle learns the id from the author, where that is the same
    account.
    """
    author = form.author
    if author is None or author.id is None or subject.kind is not SubjectKind.ACCOUNT:
        return subject
    if subject.identity is not Identity.HANDLE or subject.aliases:
        return subject
    by_handle = account_of(platform, author_id=None, author_handle=author.handle, phones=phones)
    by_id = account_of(platform, author_id=author.id, author_handle=None, phones=phones)
    if by_handle is None or by_id is None or by_handle.subject_id != subject.subject_id:
        return subject
    return subject.model_copy(update={"aliases": (by_id.subject_id,)})


def _content(content: Content | None, phones: Phones) -> Content | None:
    if content is None or not (content.media or content.links):
        return content
    links = _links(content.links, phones)
    urls = [item.url and phones.redacted_link(item.url) for item in content.media]
    if links == content.links and urls == [item.url for item in content.media]:
        return content
    media = tuple(
        item.model_copy(update={"url": url}) for item, url in zip(content.media, urls, strict=True)
    )
    return content.model_copy(update={"media": media, "links": links})


def _context(form: ContextForm | None, platform: PlatformId, phones: Phones) -> Context | None:
    if form is None:
        return None

    def shown(post: Post | None) -> Post | None:
        if post is None:
            return None
        post_id = post.platform_id and shown_id(platform, post.platform_id, phones)
        author_id = post.author_id and shown_id(platform, post.author_id, phones)
        if (post_id, author_id) == (post.platform_id, post.author_id):
            return post
        return post.model_copy(update={"platform_id": post_id, "author_id": author_id})

    thread = tuple(post for post in map(shown, form.thread) if post is not None)
    return Context(parent=shown(form.parent), quoted=shown(form.quoted), thread=thread)


def _links(links: tuple[str, ...], phones: Phones) -> tuple[str, ...]:
    return tuple(phones.redacted_link(link) for link in links) if links else links


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

"""The parts of a case that came from a platform: content, author, reports, scores."""

import math
from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from services.review.cases.views import CaseView as Case
from services.review.cases.views import FactorView as Factor
from services.review.cases.views import Json
from services.review.cases.views import ReportView as Report
from services.review.desk.media import TERMS_OF, may_load
from services.review.desk.safe_text import pieces, plain
from services.review.desk.views import (
    AuthorView,
    FactorView,
    LabelView,
    MediaView,
    ModelView,
    PostView,
    ReportView,
)
from services.review.policies.models import Policy
from shared.contracts.report import Author, Content, Context, Post, Reason, Reporter
from shared.contracts.scored_report import Scores

# A label below this says nothing to a reader.
LEAST_LABEL = 0.3
# Where the meter of a factor is full.
FULL_SEVERITY = 100.0
FULL_REACH = 10_000.0
FULL_REPORTERS = 20.0


def content_of(value: Json | None) -> Content:
    """What could be read of the content, empty where nothing could."""
    try:
        return Content.model_validate(value or {})
    except ValidationError:
        return Content()


def media_views(content: Content, origins: str) -> tuple[MediaView, ...]:
    return tuple(
        MediaView(
            number=number,
            kind=media.kind,
            url=web_address(media.url),
            loadable=media.kind in TERMS_OF and may_load(media.url, origins),
            texts=tuple(
                (name, pieces(text))
                for name, text in (("transcript", media.transcript), ("ocr", media.ocr_text))
                if text
            ),
        )
        for number, media in enumerate(content.media, start=1)
    )


def web_address(url: str | None) -> str | None:
    """Only what a browser opens as a page: a platform's `javascript:` never becomes a link."""
    return url if url and url.startswith(("https://", "http://")) else None


def context_posts(value: Json | None) -> tuple[PostView, ...]:
    try:
        context = Context.model_validate(value or {})
    except ValidationError:
        return ()
    found: list[tuple[str, Post | None]] = [
        ("parent", context.parent),
        ("quoted", context.quoted),
        *(("thread", post) for post in context.thread),
    ]
    return tuple(
        PostView(
            role, post.author_id and plain(post.author_id), pieces(post.text), post.published_at
        )
        for role, post in found
        if post is not None and post.text
    )


def author_view(author: Author, case: Case, decisions: int, open_cases: int) -> AuthorView:
    return AuthorView(
        account_id=case.author_account,
        handle=author.handle and plain(author.handle).removeprefix("@"),
        display_name=author.display_name and plain(author.display_name),
        bio=pieces(author.bio or ""),
        country=author.country,
        created_at=author.created_at,
        followers=author.followers,
        decisions=decisions,
        open_cases=open_cases,
    )


def model_view(scores: Scores) -> ModelView:
    ordered = sorted(scores.labels.items(), key=lambda pair: pair[1], reverse=True)
    return ModelView(
        violation=scores.violation,
        labels=tuple(
            LabelView(label, score) for label, score in ordered[:4] if score >= LEAST_LABEL
        ),
        watch_list=tuple(dict.fromkeys(hit.name for hit in scores.watch_list)),
        model=f"{scores.model.name} {scores.model.version}",
    )


def factor_views(factors: Sequence[Factor]) -> tuple[FactorView, ...]:
    return tuple(
        FactorView(factor.name, factor.value, _share(factor), factor.sentence, factor.of)
        for factor in factors
    )


def _share(factor: Factor) -> float | None:
    """How full the meter is, 0 to 1; None where more or less of it means nothing by itself."""
    match factor.name:
        case "violation":
            return factor.value
        case "severity":
            return min(factor.value / FULL_SEVERITY, 1.0)
        case "reach":
            return _logarithmic(factor.value, FULL_REACH)
        case "reporters":
            return _logarithmic(factor.value, FULL_REPORTERS)
        case "record" if factor.of:
            return round(factor.value / factor.of, 3)
        case _:
            return None


def _logarithmic(value: float, full: float) -> float:
    return round(min(math.log1p(max(value, 0.0)) / math.log1p(full), 1.0), 3)


def report_view(report: Report, policies: Mapping[str, Policy]) -> ReportView:
    reason = Reason.model_validate(report.reason)
    reporter = Reporter.model_validate(report.reporter)
    policy = policies.get(report.policy_id)
    return ReportView(
        policy_id=report.policy_id,
        policy_title=policy.title if policy else report.policy_id,
        platform_code=reason.platform_code and plain(reason.platform_code),
        at=report.accepted_at,
        text=pieces(reason.text or ""),
        language=reporter.language,
        reporter_kind=str(reporter.kind),
        country=reporter.country,
        organisation=reporter.organisation_id,
        evidence=tuple(plain(link) for link in report.evidence),
        extra=report.extra,
    )

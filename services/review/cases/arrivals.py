"""What can be said of a scored report before the database is asked. Pure."""

import hashlib
from typing import NamedTuple

from pydantic import JsonValue

from shared.contracts.identifiers import Environment
from shared.contracts.report import Content, Report
from shared.contracts.scored_report import ScoredReport

_LIVE = Environment.LIVE


class Arrival(NamedTuple):
    """`reporter` is the key of who reported, `body` the report as JSON, `content` and `digest`
    what a reviewer looks at, `traceparent` what came with it.
    """

    scored: ScoredReport
    reporter: str
    body: str
    content: dict[str, JsonValue] | None
    digest: str
    scores: dict[str, JsonValue]
    traceparent: str | None

    @property
    def report(self) -> Report:
        return self.scored.report


def arrival(scored: ScoredReport, traceparent: str | None = None) -> Arrival:
    report = scored.report
    content = report.content
    return Arrival(
        scored,
        reporter_key(report),
        report.model_dump_json(exclude_none=True),
        content.model_dump(mode="json") if content is not None else None,
        content_digest(content),
        scored.scores.model_dump(mode="json"),
        traceparent,
    )


def reporter_key(report: Report) -> str:
    """Who reported, as one person or body. All anonymous reporters of a platform are one: a
    brigade without names counts once. In the sandbox everybody is somebody else.
    """
    reporter = report.reporter
    who = reporter.organisation_id or reporter.id or "anonymous"
    parts = [report.platform, reporter.kind, who]
    if report.environment is not _LIVE:
        parts.append(report.environment)
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]


def content_digest(content: Content | None) -> str:
    """What a reviewer looks at, as a name: words and media, not counters."""
    if content is None:
        return "none"
    media = [item.sha256 or item.pdq or item.url or "" for item in content.media]
    seen = "\x00".join([content.text or "", *media, *content.links])
    return hashlib.sha256(seen.encode()).hexdigest()[:32]

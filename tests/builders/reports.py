"""Reports as they leave the edge."""

from datetime import UTC, datetime

from shared.contracts.identifiers import (
    Environment,
    ExternalId,
    PlatformId,
    PolicyId,
    SubjectId,
    report_id,
)
from shared.contracts.report import Content, Reason, Report, Subject, SubjectKind

REPORTED_AT = datetime(2026, 11, 20, 9, 14, 3, tzinfo=UTC)


def report(
    external_id: str,
    text: str | None = "an ordinary sentence about the weather",
    *,
    policy_id: str | None = "other",
    subject: str | None = None,
    environment: Environment = Environment.LIVE,
) -> Report:
    """A report on a post of its own, unless a subject is given."""
    platform = PlatformId("x")
    return Report(
        report_id=report_id(platform, environment, ExternalId(external_id)),
        platform=platform,
        environment=environment,
        external_id=ExternalId(external_id),
        reported_at=REPORTED_AT,
        reason=Reason(policy_id=PolicyId(policy_id) if policy_id else None),
        subject=Subject(
            subject_id=SubjectId(subject or f"x:post:{external_id}"), kind=SubjectKind.CONTENT
        ),
        content=Content(kind="post", text=text),
        body_hash=f"hash-{external_id}",
    )

"""Scored reports for tests: ordinary ones, with what a test is about changed by name."""

from datetime import UTC, datetime, timedelta

from shared.contracts.fingerprint import Fingerprints
from shared.contracts.identifiers import (
    Environment,
    ExternalId,
    PlatformId,
    PolicyId,
    SubjectId,
    report_id,
)
from shared.contracts.report import Content, Reason, Report, Reporter, Subject, SubjectKind
from shared.contracts.scored_report import Coordinates, Model, ScoredReport, Scores

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def scored_report(
    number: int,
    *,
    subject: str = "x:post:1",
    text: str | None = "some words that were reported",
    reporter: str = "anybody",
    policy: str = "threat",
    environment: Environment = Environment.LIVE,
    body_hash: str = "first body",
    aliases: tuple[str, ...] = (),
) -> ScoredReport:
    """Report `number` of platform x, accepted `number` seconds after noon, at that offset."""
    external_id = ExternalId(f"report-{number}")
    report = Report(
        report_id=report_id(PlatformId("x"), environment, external_id),
        platform=PlatformId("x"),
        environment=environment,
        external_id=external_id,
        reported_at=NOON,
        reason=Reason(policy_id=PolicyId(policy)),
        reporter=Reporter(id=reporter),
        subject=Subject(
            subject_id=SubjectId(subject),
            kind=SubjectKind.CONTENT,
            aliases=tuple(SubjectId(alias) for alias in aliases),
        ),
        content=Content(kind="post", text=text) if text is not None else None,
        body_hash=body_hash,
    )
    return ScoredReport(
        report=report,
        scores=Scores(
            violation=0.5,
            labels={"toxic": 0.5},
            language="en",
            script="Latn",
            model=Model(name="test", version="1"),
        ),
        fingerprints=Fingerprints(method="test", exact=None, letters=0),
        source=Coordinates(
            topic="reports", partition=0, offset=number, timestamp=NOON + timedelta(seconds=number)
        ),
    )

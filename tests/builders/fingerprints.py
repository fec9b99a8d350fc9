"""Fingerprints as the scoring worker sends them."""

from shared.contracts.fingerprint import Fingerprint, Fingerprints
from shared.contracts.identifiers import Environment, PlatformId, ReportId, SubjectId


def fingerprint(
    subject: str,
    exact: str | None = "key",
    *,
    platform: str = "x",
    environment: Environment = Environment.LIVE,
) -> Fingerprint:
    return Fingerprint(
        report_id=ReportId(f"rep-{subject}"),
        platform=PlatformId(platform),
        environment=environment,
        subject_id=SubjectId(subject),
        fingerprints=Fingerprints(method="letters-1", exact=exact, letters=40),
    )

"""What somebody's report is worth: by what they are, and by what became of their reports. Pure."""

from typing import NamedTuple

from shared.contracts.report import Reporter, ReporterKind

REPORTER_WEIGHTS = {
    ReporterKind.USER: 0.5,
    ReporterKind.AUTOMATED: 0.25,
    ReporterKind.TRUSTED_FLAGGER: 2.0,
    ReporterKind.AUTHORITY: 2.0,
}
# Everybody begins as if so many of their reports had been confirmed, and as many had not.
BEGINS_WITH = 2.0
LEAST_RELIABILITY = 0.25
MOST_RELIABILITY = 1.75


class Record(NamedTuple):
    """Of the last cases that somebody reported before they were decided: how many decisions say
    whether the report was right, and how many of them found a violation.
    """

    decided: int
    violations: int


NO_RECORD = Record(0, 0)


def is_anonymous(reporter: Reporter) -> bool:
    """Has no record: whoever reports without a name answers for nobody else who does."""
    return not (reporter.organisation_id or reporter.id)


def reliability(record: Record) -> float:
    """1 for somebody of whom nothing is known; a few decisions move it little."""
    share = (record.violations + BEGINS_WITH) / (record.decided + 2 * BEGINS_WITH)
    return min(max(2 * share, LEAST_RELIABILITY), MOST_RELIABILITY)


def reporter_weight(kind: ReporterKind, record: Record) -> float:
    """What one independent reporter adds to a case."""
    return REPORTER_WEIGHTS[kind] * reliability(record)

"""What can be said of a scored report before the database is asked. Pure."""

from typing import NamedTuple

from services.review.cases.folding import reporter_key
from shared.contracts.report import Report
from shared.contracts.scored_report import ScoredReport


class Arrival(NamedTuple):
    """`reporter` is the key of who reported, `body` the report as JSON, `traceparent` what came
    with it.
    """

    scored: ScoredReport
    reporter: str
    body: str
    traceparent: str | None

    @property
    def report(self) -> Report:
        return self.scored.report


def arrival(scored: ScoredReport, traceparent: str | None = None) -> Arrival:
    report = scored.report
    return Arrival(
        scored, reporter_key(report), report.model_dump_json(exclude_none=True), traceparent
    )

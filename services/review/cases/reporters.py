"""Counting the reporters of cases, each by what their reports have been worth."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from services.review.cases import reporters_repository as repository
from services.review.cases.arrivals import Arrival
from services.review.cases.folding import CaseFold, with_reporter
from services.review.cases.reliability import NO_RECORD, Record, is_anonymous, reporter_weight
from services.review.cases.reporters_repository import NewReporter, ReporterKey
from services.review.database.session import Session


class Reporting(NamedTuple):
    """A report of a case; `joined_decided`: it met a decision that stands."""

    case_id: str
    arrival: Arrival
    joined_decided: bool


async def add_reporters(
    session: Session, cases: Mapping[str, CaseFold], reportings: Iterable[Reporting]
) -> dict[str, CaseFold]:
    """The cases that somebody reports for the first time, with those people counted."""
    by_pair = {(one.case_id, one.arrival.reporter): one for one in reportings}
    if not by_pair:
        return {}
    named = {
        _reporter(reporting)
        for reporting in by_pair.values()
        if not is_anonymous(reporting.arrival.report.reporter)
    }
    records = await repository.load_records(session, named)
    new = {pair: _new(reporting, records) for pair, reporting in by_pair.items()}
    changed: dict[str, CaseFold] = {}
    for pair in await repository.insert_reporters(session, list(new.values())):
        case = changed.get(pair[0], cases[pair[0]])
        record = records.get(_reporter(by_pair[pair]), NO_RECORD)
        changed[pair[0]] = with_reporter(case, new[pair].weight, record)
    return changed


def _reporter(reporting: Reporting) -> ReporterKey:
    return reporting.arrival.scored.report.environment, reporting.arrival.reporter


def _new(reporting: Reporting, records: Mapping[ReporterKey, Record]) -> NewReporter:
    record = records.get(_reporter(reporting), NO_RECORD)
    return NewReporter(
        reporting.case_id,
        reporting.arrival.reporter,
        weight=reporter_weight(reporting.arrival.report.reporter.kind, record),
        joined_decided=reporting.joined_decided,
    )

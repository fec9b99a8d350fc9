"""A batch of records from `reports` and what becomes of each: scored, or a dead letter.

Plain functions over bytes; knows nothing of Faust, so that another runner can call it.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from services.scoring import metrics
from services.scoring.duplicates.fingerprints import shown_text
from services.scoring.emitter import check_size
from services.scoring.errors import Cause, TooLarge
from services.scoring.poison import Poison
from services.scoring.service import Item, Scored, Scorer
from services.scoring.text.watch_list import WatchList
from shared.contracts.codec import Undecodable, decode, encode
from shared.contracts.fingerprint import Fingerprint
from shared.contracts.report import Report
from shared.contracts.scored_report import ScoredReport
from shared.contracts.topics import FINGERPRINTS, SCORED_REPORTS
from shared.kafka.batches import Record
from shared.kafka.dead_letters import RawRecord, find_first, first_headers
from shared.observability.traces import trace_headers, traceparent_of


@dataclass(frozen=True)
class Reference:
    """The watch-list in force and the revision of each record that it was made from."""

    watch_list: WatchList
    revisions: dict[str, int]


@dataclass(frozen=True)
class Outcome:
    """What a batch comes to: records to send, and those that can never be read."""

    outgoing: tuple[Record, ...]
    poison: tuple[Poison, ...]


def outcome_of(records: Sequence[RawRecord], scorer: Scorer, reference: Reference) -> Outcome:
    """Decodes and scores. Blocks. Raises nothing for what a record holds."""
    poison: list[Poison] = []
    readable: list[tuple[RawRecord, Report]] = []
    for record in records:
        try:
            readable.append((record, decode(Report, record.value)))
        except Undecodable as error:
            poison.append(Poison(record, Cause.UNDECODABLE, error))
    items = [_item(report) for _, report in readable]
    outgoing: list[Record] = []
    results = scorer.score(items, reference.watch_list)
    for (record, report), scored in zip(readable, results, strict=True):
        try:
            outgoing += _outgoing(record, report, scored, reference.revisions)
        except TooLarge as error:
            poison.append(Poison(record, Cause.TOO_LARGE, error))
    return Outcome(tuple(outgoing), tuple(poison))


async def outcome_off_the_loop(
    executor: Executor, records: Sequence[RawRecord], scorer: Scorer, reference: Reference
) -> Outcome:
    """As `outcome_of`, on a thread of the executor: the consumer's heartbeat needs the loop."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(executor, outcome_of, records, scorer, reference)


def _item(report: Report) -> Item:
    text = shown_text(report.content) if report.content else ""
    return Item(text, report.reason.policy_id)


def _outgoing(
    record: RawRecord, report: Report, scored: Scored, revisions: dict[str, int]
) -> list[Record]:
    result = ScoredReport(
        report=report,
        scores=scored.scores,
        fingerprints=scored.fingerprints,
        source=record.first,
        reference=revisions,
    )
    headers = tuple(trace_headers(traceparent_of(record.headers)))
    value = encode(result)
    check_size(value)
    metrics.REPORTS_SCORED.labels("unscored" if scored.scores.unscored else "scored").inc()
    put_back = find_first(record.headers)
    # the sink is where a report arrives, so there its dead letter is closed
    marked = headers if put_back is None else (*headers, *first_headers(put_back))
    sent = [Record(SCORED_REPORTS.name, report.report_id.encode(), value, marked)]
    exact = scored.fingerprints.exact
    if exact is not None:  # without a key nothing can meet it
        fingerprint = Fingerprint(
            report_id=report.report_id,
            platform=report.platform,
            environment=report.environment,
            subject_id=report.subject.subject_id,
            fingerprints=scored.fingerprints,
        )
        sent.append(Record(FINGERPRINTS.name, exact.encode(), encode(fingerprint), headers))
    return sent

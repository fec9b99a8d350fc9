"""The sink: scored reports become reports, cases and places in the queue, each exactly once."""

import contextlib
from collections.abc import Sequence

from services.review.audit.models import Actor, ActorKind
from services.review.cases.arrivals import Arrival, arrival
from services.review.cases.intake import take_reports
from services.review.database.engine import Database
from services.review.database.session import Session
from services.review.jobs.duty import Duty
from services.review.jobs.log_duty import LogDuty
from services.review.jobs.matches import hold_joins, join_by_matches
from services.review.settings import Settings
from shared.contracts.codec import Undecodable, decode
from shared.contracts.scored_report import ScoredReport
from shared.contracts.topics import SCORED_REPORTS
from shared.kafka.dead_letters import RawRecord
from shared.observability.traces import traceparent_of

NAME = "sink"
# Where the edge sees how far the sink has come.
MIRROR_GROUP = "review-sink"
ACTOR = Actor(ActorKind.SYSTEM, NAME)


class Sink:
    """Takes records, and keeps those that were decoded while others were written."""

    def __init__(self) -> None:
        self._read: dict[tuple[int, int], tuple[RawRecord, Arrival]] = {}

    def read_ahead(self, records: Sequence[RawRecord]) -> None:
        """What cannot be decoded is left for `take` to say so."""
        for record in records:
            with contextlib.suppress(Undecodable):
                self._read[record.partition, record.offset] = record, _read(record)

    async def take(self, session: Session, records: Sequence[RawRecord]) -> None:
        """Raises Undecodable when any of the records is; the batch is then halved."""
        arrivals = [self._arrival(record) for record in records]
        await hold_joins(session)
        new = await take_reports(session, arrivals, ACTOR)
        for environment, names in new.items():
            await join_by_matches(session, environment, names)

    def _arrival(self, record: RawRecord) -> Arrival:
        known = self._read.pop((record.partition, record.offset), None)
        # one that an earlier term left behind is read anew
        return known[1] if known is not None and known[0] is record else _read(record)


def duty(settings: Settings, database: Database) -> Duty:
    """The duty as the worker runs it."""
    folding = Sink()
    return LogDuty(
        name=NAME,
        topic=SCORED_REPORTS,
        database=database,
        bootstrap=settings.kafka,
        handle=folding.take,
        mirror_group=MIRROR_GROUP,
        read_ahead=folding.read_ahead,
    )


def _read(record: RawRecord) -> Arrival:
    return arrival(decode(ScoredReport, record.value), traceparent_of(record.headers))

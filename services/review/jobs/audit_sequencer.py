"""The duty that orders the audit trail."""

from dataclasses import dataclass

from services.review.audit.sequencing import sequence_waiting
from services.review.database.engine import Database
from services.review.jobs.duty import Duty, Periodic, Term
from services.review.settings import Settings

NAME = "audit-sequencer"
MOST_ACTS = 256
PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class AuditSequencer:
    """One batch in one transaction. A full one is followed by the next without a pause."""

    database: Database

    async def step(self, term: Term) -> float:
        async with term.transaction(self.database) as session:
            taken = await sequence_waiting(session, most=MOST_ACTS)
        return 0.0 if taken == MOST_ACTS else PAUSE_SECONDS


def duty(settings: Settings, database: Database) -> Duty:
    del settings  # every duty is made alike
    return Periodic(NAME, AuditSequencer(database).step)

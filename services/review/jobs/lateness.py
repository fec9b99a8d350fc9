"""The duty that shows how late the work of others is.

Whoever fails at each turn, or leads no more, cannot tell what waits for it.
"""

from dataclasses import dataclass

from services.review.audit.metrics import AUDIT_WAITING_AGE
from services.review.audit.sequencing_repository import oldest_waiting_seconds
from services.review.database.engine import Database
from services.review.decisions import release_repository
from services.review.decisions.metrics import OUTBOX_AGE, UNPUBLISHED_AGE
from services.review.jobs.duty import Duty, Periodic, Term
from services.review.settings import Settings
from services.review.webhooks import delivery_repository
from services.review.webhooks.metrics import WEBHOOK_AGE

NAME = "lateness"
MEASURE_SECONDS = 2.0


@dataclass(frozen=True)
class Lateness:
    """All of it as it stood at one moment."""

    database: Database

    async def step(self, term: Term) -> float:
        async with term.transaction(self.database) as session:
            OUTBOX_AGE.set(await release_repository.oldest_due_seconds(session))
            UNPUBLISHED_AGE.set(await release_repository.oldest_unpublished_seconds(session))
            WEBHOOK_AGE.set(await delivery_repository.oldest_due_seconds(session))
            AUDIT_WAITING_AGE.set(await oldest_waiting_seconds(session))
        return MEASURE_SECONDS


def duty(settings: Settings, database: Database) -> Duty:
    """As the worker runs it."""
    del settings  # every duty is made alike
    return Periodic(NAME, Lateness(database).step)

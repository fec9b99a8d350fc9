"""Brings the queue into a new order when the formula, a severity or the minutes of a queue change.

Keys of the new order are made in a second column, a batch a transaction, while the old one counts;
then one row says that the new one does. Places that were given by an older order, as an undone
decision gives, are made anew here too.
"""

from dataclasses import dataclass

from services.review.cases.rekeying import begin_order, count_left, rekey, switch_order
from services.review.database.engine import Database
from services.review.jobs.duty import Duty, Periodic, Term
from services.review.metrics import REKEYING_LEFT
from services.review.settings import Settings

NAME = "rekeying"
BATCH = 500
# Counting what is left reads it all, so not after each batch.
BATCHES_A_STEP = 20
PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Rekeying:
    """A step; `batch` entries in one transaction."""

    database: Database
    batch: int = BATCH

    async def step(self, term: Term) -> float:
        async with term.transaction(self.database) as session:
            await begin_order(session)
        done = self.batch
        for _ in range(BATCHES_A_STEP):
            if term.stopping or done < self.batch:
                break
            async with term.transaction(self.database) as session:
                done = await rekey(session, most=self.batch)
            term.turned()
        if done < self.batch:
            async with term.transaction(self.database) as session:
                await switch_order(session)
        async with term.transaction(self.database) as session:
            left = await count_left(session)
        REKEYING_LEFT.set(left)
        return PAUSE_SECONDS if done < self.batch else 0


def duty(settings: Settings, database: Database) -> Duty:
    """As the worker runs it."""
    _ = settings
    return Periodic(NAME, Rekeying(database).step)

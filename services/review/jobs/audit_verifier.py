"""The duty that reads the audit trail over and over and derives it again, at an even pace.

What `mizan invariants` finds when somebody asks, this finds when nobody does.
"""

import time
from dataclasses import dataclass

from services.review.audit.metrics import AUDIT_FAULTS, AUDIT_VERIFIED
from services.review.audit.sequencing_repository import get_checkpoint
from services.review.audit.verify import faults_of
from services.review.audit.verifying_repository import list_linked
from services.review.database.engine import Database
from services.review.jobs.duty import Duty, Periodic, Term
from services.review.settings import Settings
from shared.observability.logging import logger

NAME = "audit-verifier"
PAGE = 500
PAUSE_SECONDS = 1.0
BETWEEN_PASSES_SECONDS = 30.0
MOST_LOGGED = 20

log = logger(__name__)


@dataclass
class AuditVerifier:
    """A page a step. Faults are shown as they are found, and until the next pass has ended."""

    database: Database
    page: int = PAGE
    _at: int = 0
    _found: int = 0
    _found_before: int = 0

    async def step(self, term: Term) -> float:
        async with term.transaction(self.database) as session:
            # read first: the trail holds no less than it says
            checkpoint = await get_checkpoint(session)
            linked = await list_linked(session, after=self._at, most=self.page)
        faults = list(faults_of(linked, after=self._at))
        if linked:
            self._at = linked[-1].entry.sequence
        ended = len(linked) < self.page
        if ended and self._at < checkpoint.size:
            faults.append(f"the audit trail ends at {self._at}, {checkpoint.size} were written")
        self._show(faults, ended=ended)
        return BETWEEN_PASSES_SECONDS if ended else PAUSE_SECONDS

    def _show(self, faults: list[str], *, ended: bool) -> None:
        for fault in faults[: max(MOST_LOGGED - self._found, 0)]:
            log.error("audit_trail_broken", fault=fault)
        self._found += len(faults)
        AUDIT_FAULTS.set(self._found if ended else max(self._found, self._found_before))
        if ended:
            AUDIT_VERIFIED.set(time.time())
            self._at, self._found, self._found_before = 0, 0, self._found


def duty(settings: Settings, database: Database) -> Duty:
    """As the worker runs it."""
    del settings  # every duty is made alike
    return Periodic(NAME, AuditVerifier(database).step)

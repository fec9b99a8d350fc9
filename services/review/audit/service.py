"""Writing to the audit trail: in the transaction of the act itself, or not at all."""

import secrets
from collections.abc import Sequence

from services.review.audit import repository
from services.review.audit.models import Act
from services.review.audit.rules import waiting_entry
from services.review.database.session import Session
from shared.clock import new_id


async def record(session: Session, acts: Sequence[Act]) -> None:
    """Adds the acts to `audit_outbox` in the caller's transaction; the sequencer orders them later.

    They have the time of the transaction, by the database's clock. Safe to call once for a whole
    batch: one statement each for the time, the entries and their private parts.
    """
    if not acts:
        return
    at = await repository.load_time(session)
    rows = [
        waiting_entry(act, audit_id=new_id("aud"), salt=secrets.token_bytes(32), at=at)
        for act in acts
    ]
    await repository.insert_waiting(session, rows)

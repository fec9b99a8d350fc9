"""Writing to the audit trail: in the transaction of the act itself, or not at all."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from services.review.audit import repository
from services.review.audit.models import Act
from services.review.audit.rules import waiting_entry
from services.review.database.session import Session, Write
from shared.clock import new_id


async def record(session: Session, acts: Sequence[Act], *, at: datetime | None = None) -> None:
    """Adds the acts to `audit_outbox` in the caller's transaction; the sequencer orders them later.

    They have the time of the transaction, by the database's clock: `at`, where it is known. Safe
    to call once for a whole batch: one statement.
    """
    if acts:
        at = at or await repository.load_time(session)
        await session.write(*recorded(acts, at))


def recorded(acts: Sequence[Act], at: datetime) -> list[Write]:
    """What `record` writes; `at` is when the transaction began, by the database's clock."""
    return repository.inserted(
        [
            waiting_entry(act, audit_id=new_id("aud"), salt=secrets.token_bytes(32), at=at)
            for act in acts
        ]
    )

"""The order of the audit trail: waiting acts become entries, numbered without gaps and chained.

One writer in the whole system calls this, fenced by its epoch. The checkpoint is moved by
compare-and-set all the same: were there two, the second would fail instead of forking the trail.
"""

from services.review.audit import sequencing_repository as repository
from services.review.audit.metrics import AUDIT_ENTRIES
from services.review.audit.rules import placed
from services.review.database.session import Session
from shared.errors import Transient


class Overtaken(Transient):
    """The checkpoint is not where this writer read it. What was begun is rolled back."""


async def sequence_waiting(session: Session, *, most: int) -> int:
    """Gives up to `most` waiting acts their place, in the caller's transaction.

    Returns how many there were. They are read by being there, never by an id greater than the
    last: an act that commits late is taken when it is seen.
    """
    checkpoint = await repository.get_checkpoint(session)
    waiting = await repository.list_waiting(session, most)
    if not waiting:
        return 0
    lasts = await repository.last_hashes(session, sorted({act.chain for act in waiting}))
    entries = placed(waiting, size=checkpoint.size, lasts=lasts)
    await repository.insert_entries(session, entries)
    await repository.delete_waiting(session, [act.audit_id for act in waiting])
    if not await repository.move_checkpoint(
        session, checkpoint, len(entries), last_hash=entries[-1].hash
    ):
        raise Overtaken("the audit trail has grown under another writer")
    AUDIT_ENTRIES.inc(len(entries))
    return len(entries)

"""The trail as it stands, for whoever verifies it."""

from sqlalchemy import text

from services.review.audit.rules import Placed
from services.review.audit.verify import Linked
from services.review.database.session import Session


async def list_linked(session: Session, *, after: int, most: int) -> list[Linked]:
    """A page of the trail in its order, beginning behind sequence `after`."""
    rows = await session.execute(_LINKED, {"after": after, "most": most})
    return [
        Linked(
            Placed(row.sequence, row.audit_id, row.case_id, row.entry, row.previous_hash, row.hash),
            row.last_hash,
        )
        for row in rows
    ]


# Two arms, because no index answers `is not distinct from`.
_LINKED = text(
    "select e.sequence, e.audit_id, e.case_id, e.entry, e.previous_hash, e.hash,"
    " coalesce(case when e.case_id is null then"
    "  (select p.hash from audit_entries p where p.case_id is null and p.sequence < e.sequence"
    "  order by p.sequence desc limit 1) else"
    "  (select p.hash from audit_entries p where p.case_id = e.case_id and p.sequence < e.sequence"
    "  order by p.sequence desc limit 1) end, '') as last_hash"
    " from audit_entries e where e.sequence > :after order by e.sequence limit :most"
)

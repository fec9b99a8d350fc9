"""Rows of the audit trail."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from services.review.audit.rules import Placed, Waiting
from services.review.database.session import Session, Write

_INSERT_ENTRIES = text(
    "insert into audit_outbox (audit_id, case_id, platform_id, environment, entry)"
    " select * from unnest(cast(:audit_ids as text[]), cast(:case_ids as text[]),"
    " cast(:platforms as text[]), cast(:environments as text[]), cast(:entries as text[]))"
)
_INSERT_PRIVATE = text(
    "insert into audit_private (audit_id, platform_id, environment, salt, private)"
    " select * from unnest(cast(:audit_ids as text[]), cast(:platforms as text[]),"
    " cast(:environments as text[]), cast(:salts as bytea[]), cast(:privates as text[]))"
)


async def load_time(session: Session) -> datetime:
    """When the transaction began, by the database's clock: the time of its rows."""
    now: datetime = (await session.execute(text("select now()"))).scalar_one()
    return now


def inserted(rows: Sequence[Waiting]) -> list[Write]:
    """The entries and their private parts."""
    parameters: dict[str, object] = {
        "audit_ids": [row.audit_id for row in rows],
        "platforms": [row.platform for row in rows],
        "environments": [row.environment for row in rows],
    }
    entries = {
        "case_ids": [row.case_id for row in rows],
        "entries": [row.entry for row in rows],
    }
    private = {"salts": [row.salt for row in rows], "privates": [row.private for row in rows]}
    return [
        Write(_INSERT_ENTRIES, parameters | entries),
        Write(_INSERT_PRIVATE, parameters | private),
    ]


async def list_entries(session: Session, *, after: int, most: int) -> list[Placed]:
    """A page of the trail in its order, beginning behind sequence `after`."""
    rows = await session.execute(_LIST_ENTRIES, {"after": after, "most": most})
    return [
        Placed(row.sequence, row.audit_id, row.case_id, row.entry, row.previous_hash, row.hash)
        for row in rows
    ]


_LIST_ENTRIES = text(
    "select sequence, audit_id, case_id, entry, previous_hash, hash from audit_entries"
    " where sequence > :after order by sequence limit :most"
)

"""The SQL of the order: waiting acts out, entries in."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from services.review.audit.rules import WITHOUT_CASE, Placed, Unplaced
from services.review.database.session import Session


@dataclass(frozen=True)
class Checkpoint:
    """`size` is the number of entries, and so the sequence of the last one."""

    size: int
    last_hash: str


async def get_checkpoint(session: Session) -> Checkpoint:
    row = (await session.execute(_CHECKPOINT)).one()
    return Checkpoint(row.size, row.last_hash)


async def list_waiting(session: Session, most: int) -> list[Unplaced]:
    """Oldest first; the versions of one case in their order."""
    rows = await session.execute(_WAITING, {"most": most})
    return [
        Unplaced(
            audit_id=row.audit_id,
            case_id=row.case_id,
            entry=row.entry,
        )
        for row in rows
    ]


async def oldest_waiting_seconds(session: Session) -> float:
    """0 when nothing waits."""
    found: float = (await session.execute(_OLDEST_WAITING)).scalar_one()
    return found


async def last_hashes(session: Session, chains: Sequence[str]) -> dict[str, str]:
    """By chain; a chain that has no entry yet is absent."""
    rows = await session.execute(
        _LAST_HASHES, {"chains": list(chains), "without_case": WITHOUT_CASE}
    )
    return {row.chain: row.hash for row in rows}


async def insert_entries(session: Session, entries: Sequence[Placed]) -> None:
    """Platform, environment and time are those of the waiting row, which is still there."""
    await session.execute(
        _INSERT,
        {
            "sequences": [entry.sequence for entry in entries],
            "audit_ids": [entry.audit_id for entry in entries],
            "entries": [entry.entry for entry in entries],
            "previous": [entry.previous_hash for entry in entries],
            "hashes": [entry.hash for entry in entries],
        },
    )


async def delete_waiting(session: Session, audit_ids: Sequence[str]) -> None:
    await session.execute(_DELETE, {"audit_ids": list(audit_ids)})


async def move_checkpoint(
    session: Session, read: Checkpoint, added: int, *, last_hash: str
) -> bool:
    """False when it is no longer what was read."""
    moved = await session.execute(
        _MOVE,
        {
            "size": read.size,
            "read_hash": read.last_hash,
            "new_size": read.size + added,
            "last_hash": last_hash,
        },
    )
    return moved.first() is not None


_CHECKPOINT = text("select size, last_hash from audit_checkpoint")
_WAITING = text(
    "select audit_id, case_id, entry from audit_outbox order by at, case_id,"
    " cast(cast(entry as jsonb) ->> 'case_version' as bigint) nulls last, audit_id"
    " limit :most"
)
_OLDEST_WAITING = text(
    "select coalesce(extract(epoch from clock_timestamp() - min(at)), 0)::float8 from audit_outbox"
)
# Two arms, because no index answers `is not distinct from`.
_LAST_HASHES = text(
    "select chains.chain, last.hash from unnest(cast(:chains as text[])) as chains (chain),"
    " lateral (select hash from audit_entries where case_id = chains.chain"
    " order by sequence desc limit 1) as last"
    " union all (select :without_case, hash from audit_entries where case_id is null"
    " order by sequence desc limit 1)"
)
_INSERT = text(
    "insert into audit_entries (sequence, audit_id, case_id, platform_id, environment, at, entry,"
    " previous_hash, hash)"
    " select new.sequence, new.audit_id, w.case_id, w.platform_id, w.environment, w.at, new.entry,"
    " new.previous_hash, new.hash"
    " from unnest(cast(:sequences as bigint[]), cast(:audit_ids as text[]),"
    " cast(:entries as text[]), cast(:previous as text[]), cast(:hashes as text[]))"
    " as new (sequence, audit_id, entry, previous_hash, hash)"
    " join audit_outbox w using (audit_id)"
)
_DELETE = text("delete from audit_outbox where audit_id = any(:audit_ids)")
_MOVE = text(
    "update audit_checkpoint set size = :new_size, last_hash = :last_hash"
    " where size = :size and last_hash = :read_hash returning size"
)

"""Appeals for reviewers: their rows, and their outcome."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.review.cases.view_repository import AnyRow


async def load_appeals(session: AsyncSession, appeal_ids: Sequence[str]) -> dict[str, AnyRow]:
    """By id, each with its lease."""
    rows = await session.execute(_APPEALS, {"ids": list(appeal_ids)})
    return {row.appeal_id: row for row in rows}


_APPEALS = text(
    "select a.*, e.lease_id, e.lease_owner, owner.name as lease_owner_name, e.lease_expires_at,"
    " e.lease_expires_at > clock_timestamp() as leased"
    " from appeals a left join queue_entries e on e.entry_id = a.appeal_id"
    " left join reviewers owner on owner.reviewer_id = e.lease_owner"
    " where a.appeal_id = any(:ids)"
)

"""Rows of policies and queues."""

from collections.abc import Iterable, Sequence

import orjson
from sqlalchemy import text

from services.review.database.session import Session
from services.review.policies.models import Policy, Queue


async def list_policies(session: Session, only: Sequence[str] | None = None) -> dict[str, Policy]:
    """The revision in force of every policy, or of these alone, by its id."""
    rows = await session.execute(_POLICIES, {"only": only})
    return {row["policy_id"]: Policy(**row) for row in rows.mappings()}


async def list_queues(session: Session) -> dict[str, Queue]:
    """All queues by id, in the order in which the desk shows them."""
    rows = await session.execute(_QUEUES)
    return {row["queue_id"]: Queue(**row) for row in rows.mappings()}


async def insert_policies(session: Session, policies: Iterable[Policy]) -> None:
    await session.execute(_INSERT_POLICIES, {"rows": _rows(policies)})


async def insert_queues(session: Session, queues: Iterable[Queue]) -> None:
    await session.execute(_INSERT_QUEUES, {"rows": _rows(queues)})


async def lock_policy(session: Session, policy_id: str) -> None:
    """Versions of it are made one after the other until this transaction ends."""
    await session.execute(_LOCK, {"policy": policy_id})


def _rows(found: Iterable[Policy | Queue]) -> str:
    return orjson.dumps([one.model_dump() for one in found]).decode()


_COLUMNS = (
    "policy_id, revision, title, text, severity, queue_id, actions, standing_days,"
    " reopen_reporters, appeal_days, active"
)
_POLICIES = text(
    f"select distinct on (policy_id) {_COLUMNS} from policies"
    " where policy_id = any(coalesce(cast(:only as text[]), array[policy_id]))"
    " order by policy_id, revision desc"
)
_QUEUES = text(
    "select queue_id, title, kind, minutes_per_case, position from queues order by position"
)
_INSERT_POLICIES = text(
    f"insert into policies ({_COLUMNS}, created_at) select {_COLUMNS}, now()"
    " from jsonb_populate_recordset(null::policies, cast(:rows as jsonb))"
)
_INSERT_QUEUES = text(
    "insert into queues select * from jsonb_populate_recordset(null::queues, cast(:rows as jsonb))"
)
_LOCK = text("select 1 from policies where policy_id = :policy and revision = 1 for update")

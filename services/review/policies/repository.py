"""Rows of policies and queues."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.review.policies.models import Policy, Queue


async def list_policies(session: AsyncSession) -> dict[str, Policy]:
    """The revision in force of every policy, by its id."""
    statement = select(Policy).order_by(col(Policy.policy_id), col(Policy.revision))
    rows = (await session.execute(statement)).scalars()
    return {policy.policy_id: policy for policy in rows}


async def list_queues(session: AsyncSession) -> dict[str, Queue]:
    """All queues by id, in the order in which the desk shows them."""
    statement = select(Queue).order_by(col(Queue.position))
    rows = (await session.execute(statement)).scalars()
    return {queue.queue_id: queue for queue in rows}


async def lock_policy(session: AsyncSession, policy_id: str) -> None:
    """Versions of it are made one after the other until this transaction ends."""
    await session.execute(_LOCK, {"policy": policy_id})


_LOCK = text("select 1 from policies where policy_id = :policy and revision = 1 for update")

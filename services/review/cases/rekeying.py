"""Bringing all that waits into a new order, a batch in one transaction.

All of its progress is in the rows, so it goes on where it was, whoever was killed.
"""

from collections import defaultdict
from datetime import datetime

from pydantic import JsonValue

from services.review.appeals.intake_repository import list_accepted
from services.review.cases import order_repository as orders
from services.review.cases.intake_repository import list_waiting
from services.review.cases.ordering import Making, Ranker, best_key
from services.review.cases.priority import HARM_ZERO, order_key
from services.review.database.session import Session
from services.review.policies.repository import list_policies, list_queues


async def begin_order(session: Session) -> None:
    """Lets a new order be made where what the present one is made of has changed."""
    ranker = Ranker(await list_policies(session), await list_queues(session))
    now = ranker.inputs_now
    if (await orders.load_order(session)).beginning(now) is None:
        return
    changed = (await orders.lock_order(session)).beginning(now)
    if changed is not None:
        await orders.set_order(session, changed)


async def rekey(session: Session, *, most: int) -> int:
    """Makes up to `most` missing keys, of the next order where one is being made, else of the one
    that counts; returns how many it made.
    """
    order = await orders.hold_order(session)
    ranker = Ranker(await list_policies(session), await list_queues(session))
    making = order.coming()
    if order.next_number is None:
        making = order.standing(ranker.inputs_now)
    if making is None:
        return 0  # a process with the other formula makes it
    locked = await orders.lock_behind(session, making.column, making.number, most=most)
    clusters = [entry_id for entry_id, kind in locked if kind == "case"]
    appeals = [entry_id for entry_id, kind in locked if kind == "appeal"]
    keys: dict[str, float | None] = dict.fromkeys([*clusters, *appeals])
    keys |= await _rank_cases(
        session, ranker, making, clusters, counts=making.column is order.counts
    )
    for appeal_id, accepted_at in (await list_accepted(session, appeals)).items():
        keys[appeal_id] = order_key(HARM_ZERO, accepted_at)
    if keys:
        await orders.set_keys(session, making.column, making.number, keys)
    return len(keys)


async def switch_order(session: Session) -> bool:
    """Lets the next order count if it is whole; whether it does."""
    if (await orders.load_order(session)).next_number is None:
        return False
    order = await orders.lock_order(session)
    if order.next_number is None:
        return False
    if await orders.has_behind(session, order.counts.other, order.next_number):
        return False
    await orders.set_order(session, order.switched())
    return True


async def count_left(session: Session) -> int:
    """Entries that are not in the order that is to be."""
    order = await orders.load_order(session)
    if order.next_number is None:
        return await orders.count_behind(session, order.counts, order.number)
    return await orders.count_behind(session, order.counts.other, order.next_number)


async def _rank_cases(
    session: Session, ranker: Ranker, making: Making, clusters: list[str], *, counts: bool
) -> dict[str, float | None]:
    stored: dict[str, dict[str, JsonValue]] = {}
    by_cluster: dict[str, list[dict[str, JsonValue]]] = defaultdict(list)
    for case, kept, updated_at in await list_waiting(session, clusters):
        seen_at = datetime.fromisoformat(kept) if kept is not None else updated_at
        stored[case.case_id] = one = ranker.stored(case, making, seen_at=seen_at)
        by_cluster[case.cluster_id].append(one)
    if stored:
        await orders.set_priorities(session, stored, counts=counts)
    return {cluster_id: best_key(members) for cluster_id, members in by_cluster.items()}

"""Claims and decisions, as the review API makes them after it has read the request."""

import itertools
from collections.abc import Sequence
from datetime import timedelta

import asyncpg

from services.review.cases.service import claim_next, lease_next
from services.review.cases.share_rules import Share
from services.review.decisions.requests import ActionRequest, DecisionRequest, Seen
from services.review.decisions.service import Terms, decide
from shared.clock import new_id
from shared.contracts.decision import ActionKind, Finding, Ground
from tests.bench.store.backlog import QUEUE, Store, reviewer
from tests.bench.store.timing import Timed, timed

CLIENTS = 8
SECONDS = 5.0
DECIDING_SECONDS = 2.5  # the cases of the smallest store are to last for all rounds
CLAIMED_AT_ONCE = 20
LEASE_SECONDS = 3600.0
TERMS = Terms(undo=timedelta(seconds=10), new_id=new_id)


async def claims(store: Store) -> Timed:
    """One case a claim, and what it shows; afterwards all are free again."""

    async def turn(client: int) -> None:
        viewer = reviewer(client)
        async with store.database.as_reviewer(viewer.platforms) as session:
            shown = await claim_next(
                session,
                viewer,
                QUEUE,
                size=1,
                lease_seconds=LEASE_SECONDS,
                share=Share(0.8),
            )
        assert len(shown.claims) == 1

    found = await timed(turn, clients=CLIENTS, seconds=SECONDS)
    await _free_all(store)
    return found


async def decisions(store: Store, count: int) -> Timed:
    """One case a decision, each in a transaction with its audit entries and its events."""
    leased = await _lease(store, count)
    waiting = iter(leased)

    async def turn(client: int) -> None:
        owner, case_id, token = next(waiting)
        viewer = reviewer(owner)
        request = DecisionRequest(
            lease_token=token,
            finding=Finding.VIOLATION,
            actions=(ActionRequest(action=ActionKind.REMOVE),),
            policy_ids=("other",),
            ground=Ground.TERMS,
            reason="not allowed here",
            seen=Seen(content_digest="digest-" + case_id.removeprefix("case-"), cluster_version=1),
        )
        async with store.database.as_reviewer(viewer.platforms) as session:
            await decide(session, viewer, case_id, request, TERMS)

    found = await timed(turn, clients=CLIENTS, seconds=DECIDING_SECONDS)
    await _free_all(store)
    return found


async def _lease(store: Store, count: int) -> Sequence[tuple[int, str, str]]:
    """Owner, case and token of as many leases."""
    leased: list[tuple[int, str, str]] = []
    for owner in itertools.cycle(range(CLIENTS)):
        viewer = reviewer(owner)
        async with store.database.as_reviewer(viewer.platforms) as session:
            found, _ = await lease_next(
                session,
                viewer,
                QUEUE,
                size=CLAIMED_AT_ONCE,
                lease_seconds=LEASE_SECONDS,
                share=Share(0.8),
            )
        leased += [(owner, one.case_id, one.lease.token) for one in found if one.case_id]
        if len(leased) >= count:
            break
    return leased


async def _free_all(store: Store) -> None:
    connection = await asyncpg.connect(store.url)
    try:
        await connection.execute(
            "update queue_entries set lease_id = null, lease_token_sha256 = null,"
            " lease_owner = null, lease_expires_at = null where lease_id is not null"
        )
    finally:
        await connection.close()
    await store.settle()

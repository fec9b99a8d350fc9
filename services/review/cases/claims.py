"""Claiming: a lease on the next clusters of a queue, or on the cluster of one case.

A lease has a random token that its owner alone knows; the database keeps its hash.
"""

import itertools
import secrets
from collections.abc import Mapping, Sequence

from services.review.cases import queue_repository as queue
from services.review.cases.order_repository import counting_column
from services.review.cases.ordering import Column
from services.review.cases.queue_rules import (
    NothingFound,
    QueueLane,
    lease_id_of,
    open_lanes,
    token_sha256,
    turns,
)
from services.review.cases.share_rules import AtWork, Share, in_turn, spans_to_read
from services.review.cases.views import GrantedLease
from services.review.database.session import Session
from services.review.reviewers.models import Viewer

# Others may lock the entries at the head in the same moment: then look further down. What this
# claim has locked already is its own to lock again.
WIDTHS = (8, 64, 512)

_turn = itertools.count()


async def claim_entries(
    session: Session,
    viewer: Viewer,
    queue_id: str,
    *,
    size: int,
    seconds: float,
    share: Share,
) -> tuple[dict[str, GrantedLease], NothingFound | None]:
    """Leases up to `size` entries to the viewer, the ones that go first; with none, why.

    Two claims never get the same entry, and none waits for another; so those that begin at once
    see the same leases and may pass the share by as many as they are, until the next claim.
    """
    column = await counting_column(session)
    at_work = await queue.count_at_work(session, queue_id, share=share)
    lanes = open_lanes(await queue.list_lanes(session, queue_id), viewer)
    contested = False
    for window in turns(lanes, next(_turn)) or [[]]:
        entry_ids, seen = await _lock_some(
            session, viewer, queue_id, window, size=size, at_work=at_work, column=column
        )
        if entry_ids:
            return await grant(session, viewer, entry_ids, seconds=seconds), None
        contested = contested or seen > 0
    if contested:
        return {}, NothingFound.ALL_LEASED
    return {}, await _why_nothing(session, viewer, queue_id, lanes)


async def grant(
    session: Session, viewer: Viewer, entry_ids: Sequence[str], *, seconds: float
) -> dict[str, GrantedLease]:
    """Leases entries that this transaction has locked, in their order."""
    tokens = {entry_id: secrets.token_urlsafe(32) for entry_id in entry_ids}
    leases: Mapping[str, tuple[str, str]] = {
        entry_id: (lease_id_of(entry_id, token), token_sha256(token))
        for entry_id, token in tokens.items()
    }
    ends = await queue.set_leases(session, leases, owner=viewer.reviewer_id, seconds=seconds)
    return {
        entry_id: GrantedLease(lease_id=lease_id, token=tokens[entry_id], expires_at=ends)
        for entry_id, (lease_id, _) in leases.items()
    }


async def _lock_some(
    session: Session,
    viewer: Viewer,
    queue_id: str,
    lanes: Sequence[QueueLane],
    *,
    size: int,
    at_work: AtWork,
    column: Column,
) -> tuple[list[str], int]:
    """The entries that this transaction locked, and how many looked free at first."""
    locked: list[str] = []
    seen = 0
    for width in WIDTHS:
        candidates = await queue.list_candidates(
            session,
            queue_id,
            lanes,
            reviewer=viewer.reviewer_id,
            clearance=viewer.clearance,
            width=width + size,
            spans=spans_to_read(at_work, size),
            column=column,
        )
        seen = len(candidates)
        locked = await queue.lock_free(
            session,
            queue_id,
            in_turn(candidates, at_work),
            reviewer=viewer.reviewer_id,
            size=size,
        )
        if len(locked) == size or seen < width + size:
            break
    return locked, seen


async def _why_nothing(
    session: Session, viewer: Viewer, queue_id: str, lanes: Sequence[QueueLane]
) -> NothingFound:
    if await queue.has_leased(session, queue_id, lanes, reviewer=viewer.reviewer_id):
        return NothingFound.ALL_LEASED
    if await queue.has_any(session, queue_id):
        return NothingFound.NOT_ELIGIBLE
    return NothingFound.EMPTY

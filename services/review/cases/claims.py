"""Claiming: a lease on the next clusters of a queue, or on the cluster of one case.

A lease has a random token that its owner alone knows; the database keeps its hash.
"""

import itertools
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.review.cases import queue_repository as queue
from services.review.cases.queue_repository import Shape
from services.review.cases.queue_rules import (
    NothingFound,
    QueueLane,
    lease_id_of,
    open_lanes,
    token_sha256,
    turns,
)
from services.review.cases.share_rules import Share, in_turn, spans_to_read
from services.review.cases.views import GrantedLease
from services.review.database.session import Session
from services.review.errors import Forbidden, NotFound
from services.review.reviewers.models import Viewer

# Others may lock the entries at the head in the same moment: then look further down.
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
    Raises NotFound for a queue that is not there and Forbidden for one that is not granted.
    """
    shape = await queue.find_shape(session, queue_id, share=share)
    if shape is None:
        raise NotFound("queue_not_found", "There is no such queue.")
    if not viewer.in_queue(queue_id):
        raise Forbidden("no_access", "You are not granted this queue.")
    lanes = open_lanes(shape.lanes, viewer)
    contested = False
    for window in turns(lanes, next(_turn)) or [[]]:
        granted, seen = await _lease_some(
            session, viewer, queue_id, replace(shape, lanes=window), size=size, seconds=seconds
        )
        if granted:
            return granted, None
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


async def _lease_some(
    session: Session, viewer: Viewer, queue_id: str, shape: Shape, *, size: int, seconds: float
) -> tuple[dict[str, GrantedLease], int]:
    """What this transaction leased, and how many entries looked free at last."""
    granted: dict[str, GrantedLease] = {}
    at_work, seen = shape.at_work, 0
    for width in WIDTHS:
        left = size - len(granted)
        candidates = await queue.list_candidates(
            session,
            queue_id,
            shape.lanes,
            reviewer=viewer.reviewer_id,
            clearance=viewer.clearance,
            width=width + left,
            spans=spans_to_read(at_work, left),
            column=shape.column,
        )
        seen = len(candidates)
        tokens = [secrets.token_urlsafe(32) for _ in range(left)]
        leased = await queue.lease_free(
            session,
            queue_id,
            in_turn(candidates, at_work),
            hashes=[token_sha256(token) for token in tokens],
            owner=viewer.reviewer_id,
            seconds=seconds,
        )
        lanes = {candidate.entry_id: candidate.lane for candidate in candidates}
        for (entry_id, ends), token in zip(leased, tokens, strict=False):
            granted[entry_id] = GrantedLease(
                lease_id=lease_id_of(entry_id, token), token=token, expires_at=ends
            )
            at_work = at_work.with_one_of(lanes[entry_id])
        if len(granted) == size or seen < width + left:
            break
    return granted, seen


async def _why_nothing(
    session: Session, viewer: Viewer, queue_id: str, lanes: Sequence[QueueLane]
) -> NothingFound:
    if await queue.has_leased(session, queue_id, lanes, reviewer=viewer.reviewer_id):
        return NothingFound.ALL_LEASED
    if await queue.has_any(session, queue_id):
        return NothingFound.NOT_ELIGIBLE
    return NothingFound.EMPTY

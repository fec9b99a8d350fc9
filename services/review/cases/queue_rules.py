"""Which part of a queue a reviewer may take from. Pure."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.review.reviewers.models import Viewer
from services.review.reviewers.rules import granted

# A claim reads the head of each lane: with more of them than this it takes turns.
MOST_LANES = 32


class NothingFound(StrEnum):
    """Why a claim gave nothing."""

    EMPTY = "empty"
    ALL_LEASED = "all_leased"
    NOT_ELIGIBLE = "not_eligible"


@dataclass(frozen=True, order=True)
class QueueLane:
    """Entries that differ in nothing by which a reviewer is chosen."""

    language: str
    clearance: int
    platform: str


def open_lanes(lanes: Sequence[QueueLane], viewer: Viewer) -> list[QueueLane]:
    """Those that the reviewer may take from, in a fixed order."""
    return sorted(
        lane
        for lane in lanes
        if lane.platform in viewer.platforms
        and lane.clearance <= viewer.clearance
        and granted(viewer.languages, lane.language)
    )


def turns(lanes: Sequence[QueueLane], turn: int) -> list[list[QueueLane]]:
    """Windows of at most 32 lanes, beginning with another one at each turn: every lane is first
    read in some turn, and none is left out.
    """
    windows = [
        list(lanes[start : start + MOST_LANES]) for start in range(0, len(lanes), MOST_LANES)
    ]
    if not windows:
        return []
    first = turn % len(windows)
    return [*windows[first:], *windows[:first]]


def token_sha256(token: str) -> str:
    """What the database keeps of a lease token."""
    return hashlib.sha256(token.encode()).hexdigest()


def lease_id_of(entry_id: str, token: str) -> str:
    """Name of the lease, from its entry and token: whoever holds the token can name the lease
    after it is gone, and the name tells which entry it was on.
    """
    return f"{entry_id}.{token_sha256(token)[:24]}"


def entry_id_of(lease_id: str) -> str:
    """The entry that a lease was on."""
    return lease_id.rpartition(".")[0]

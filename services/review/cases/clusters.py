"""Which clusters become one. Pure.

A reviewer sees a cluster as one case and decides it as one, so nothing is changed under somebody's
hands: only clusters that wait untouched are joined.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

# Shown, claimed and decided as one, in one transaction: beyond this a match is a proposal.
MOST_MEMBERS = 500


@dataclass(frozen=True)
class Place:
    """Where a cluster waits. `lane` and `-key` order it: less goes first."""

    queue_id: str
    language: str
    clearance: int
    lane: int
    key: float
    enqueued_at: datetime
    excluded_reviewers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Cluster:
    """`open_cases` are what would move; `subjects` are those of all its cases. `untouched`: every
    open case is queued, and nobody holds, was assigned or escalated it.
    """

    cluster_id: str
    platform: str
    created_at: datetime
    open_cases: frozenset[str]
    subjects: frozenset[str]
    untouched: bool
    place: Place | None


@dataclass(frozen=True)
class Edge:
    """A match between the cases of two clusters."""

    match_id: str
    younger: str
    elder: str


@dataclass
class Joining:
    """What comes of it. `moved` has the new cluster of each case that moves, `gone` the clusters
    that were emptied, `places` where the joined ones wait.
    """

    moved: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    places: dict[str, Place] = field(default_factory=dict)
    grown: set[str] = field(default_factory=set)
    joined: set[str] = field(default_factory=set)
    proposals: set[str] = field(default_factory=set)


def join_clusters(
    clusters: Mapping[str, Cluster],
    edges: Sequence[Edge],
    splits: Iterable[tuple[str, str]],
) -> Joining:
    """Follows the edges in the order of their ids. `splits` are pairs of subjects that a reviewer
    took apart: no way round through a third brings them together again.
    """
    now = dict(clusters)
    home = {cluster_id: cluster_id for cluster_id in clusters}
    apart = tuple(splits)
    result = Joining()
    for edge in sorted(edges, key=lambda edge: edge.match_id):
        pair = (now[_find(home, edge.younger)], now[_find(home, edge.elder)])
        elder, younger = sorted(pair, key=lambda cluster: (cluster.created_at, cluster.cluster_id))
        if elder is younger:
            result.joined.add(edge.match_id)
        elif elder.platform == younger.platform:
            if _may_join(elder, younger, apart):
                now[elder.cluster_id] = _joined(elder, younger)
                home[younger.cluster_id] = elder.cluster_id
                result.joined.add(edge.match_id)
            elif elder.open_cases or younger.open_cases:
                result.proposals.add(edge.match_id)
    for cluster_id, cluster in clusters.items():
        target = _find(home, cluster_id)
        if target != cluster_id:
            result.gone.add(cluster_id)
            result.grown.add(target)
            result.moved.update(dict.fromkeys(cluster.open_cases, target))
    result.proposals -= {
        edge.match_id for edge in edges if _find(home, edge.younger) == _find(home, edge.elder)
    }
    places = {cluster_id: now[cluster_id].place for cluster_id in result.grown}
    result.places = {name: place for name, place in places.items() if place is not None}
    return result


def _may_join(elder: Cluster, younger: Cluster, apart: Iterable[tuple[str, str]]) -> bool:
    return (
        elder.untouched
        and younger.untouched
        and len(elder.open_cases) + len(younger.open_cases) <= MOST_MEMBERS
        and not any(
            (a in elder.subjects and b in younger.subjects)
            or (b in elder.subjects and a in younger.subjects)
            for a, b in apart
        )
    )


def _joined(elder: Cluster, younger: Cluster) -> Cluster:
    return replace(
        elder,
        open_cases=elder.open_cases | younger.open_cases,
        subjects=elder.subjects | younger.subjects,
        place=_better(elder.place, younger.place),
    )


def _better(first: Place | None, second: Place | None) -> Place | None:
    """The place that is served first; whoever must not see one part must not see the whole."""
    if first is None or second is None:
        return first or second
    best = min(first, second, key=lambda place: (place.lane, -place.key))
    return replace(
        best,
        clearance=max(first.clearance, second.clearance),
        enqueued_at=min(first.enqueued_at, second.enqueued_at),
        excluded_reviewers=first.excluded_reviewers | second.excluded_reviewers,
    )


def _find(home: dict[str, str], cluster_id: str) -> str:
    while home[cluster_id] != cluster_id:
        cluster_id = home[cluster_id]
    return cluster_id

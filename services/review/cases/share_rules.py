"""Whose turn it is among entries that wait: legal orders before all, and between imminent harm and
the rest a share of the reviewers for each. Pure.

Without the share a flood of reports that are marked imminent would keep everything else waiting.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from services.review.cases.priority import Lane


class Candidate(NamedTuple):
    """An entry that may be claimed; `mine` is one that is meant for the reviewer who asks."""

    entry_id: str
    mine: bool
    lane: Lane


class Span(NamedTuple):
    """Lanes, both included, that are read as one from their head."""

    first: Lane
    last: Lane


EVERYTHING = (Span(Lane.ORDERS, Lane.NORMAL),)
EACH_ITS_OWN = (Span(Lane.ORDERS, Lane.IMMINENT_HARM), Span(Lane.NORMAL, Lane.NORMAL))


class Share(NamedTuple):
    """The part (0 to 1) of a queue's reviewers that imminent harm may have while others wait.
    `draw`, by chance from 0 to 1, decides for who comes when nobody is at work: somebody alone,
    who ends each case before they take the next, would else never see anything milder.
    """

    imminent: float
    draw: float = 0.0


@dataclass(frozen=True)
class AtWork:
    """Live leases of a queue, orders left out."""

    imminent: int
    others: int
    share: Share

    @property
    def others_first(self) -> bool:
        """Whether imminent harm has its share already: the next place is not reserved for it."""
        at_work = self.imminent + self.others
        if not at_work:
            return self.share.draw > self.share.imminent
        return 0 < self.imminent >= self.share.imminent * at_work and self.share.imminent < 1

    def with_one_of(self, lane: Lane) -> "AtWork":
        if lane is Lane.ORDERS:
            return self
        if lane is Lane.IMMINENT_HARM:
            return replace(self, imminent=self.imminent + 1)
        return replace(self, others=self.others + 1)


def spans_to_read(at_work: AtWork, size: int) -> tuple[Span, ...]:
    """What a claim of `size` entries has to read: the rest needs a reading of its own only where
    its turn comes, as it may lie behind any number of imminent entries.
    """
    for _ in range(size):
        if at_work.others_first:
            return EACH_ITS_OWN
        at_work = at_work.with_one_of(Lane.IMMINENT_HARM)
    return EVERYTHING


def in_turn(candidates: Sequence[Candidate], at_work: AtWork) -> list[str]:
    """Their ids in the order in which they are to be leased. Each side is given as it is ordered
    in itself. A side that is empty leaves its places to the other: nobody is left idle.
    """
    first = [one.entry_id for one in candidates if one.mine or one.lane is Lane.ORDERS]
    left = [one for one in candidates if not one.mine and one.lane is not Lane.ORDERS]
    imminent = deque(one.entry_id for one in left if one.lane is Lane.IMMINENT_HARM)
    others = deque(one.entry_id for one in left if one.lane is Lane.NORMAL)
    turns: list[str] = []
    while imminent and others:
        lane = Lane.NORMAL if at_work.others_first else Lane.IMMINENT_HARM
        turns.append((imminent if lane is Lane.IMMINENT_HARM else others).popleft())
        at_work = at_work.with_one_of(lane)
    return [*first, *turns, *imminent, *others]

"""What decisions on matching content say of a case that is still open. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from shared.contracts.decision import Finding

# Sum of similarities beyond which more decisions of one kind say nothing new.
ENOUGH_PRECEDENTS = 2.0
# What one decision on equal content makes of the odds.
ODDS_FACTOR = 4.0

_SIGNS = {Finding.VIOLATION: 1.0, Finding.NO_VIOLATION: -1.0}


@dataclass(frozen=True)
class Precedent:
    """A decision that stands on another subject of the same platform; `similarity` is 0 to 1."""

    subject_id: str
    finding: Finding
    similarity: float


def weight_of_precedents(precedents: Iterable[Precedent]) -> float:
    """Above 0 where they speak for a violation, below where against, 0 where they are even; within
    `ENOUGH_PRECEDENTS` both ways. A subject counts once, by the nearest of its matches.
    """
    nearest: dict[str, Precedent] = {}
    for one in precedents:
        known = nearest.get(one.subject_id)
        if known is None or one.similarity > known.similarity:
            nearest[one.subject_id] = one
    heard = math.fsum(_SIGNS.get(one.finding, 0.0) * one.similarity for one in nearest.values())
    return min(max(heard, -ENOUGH_PRECEDENTS), ENOUGH_PRECEDENTS)


def odds_factor(weight: float) -> float:
    """What the odds of a violation are multiplied by: the logarithm moves by equal steps."""
    return math.pow(ODDS_FACTOR, min(max(weight, -ENOUGH_PRECEDENTS), ENOUGH_PRECEDENTS))

"""Who had this content first: a fold over the `fingerprints` log of one shard. No I/O, no clock.

Time is that of the records, in whole days, so that a replay of the window gives the same index as
never having stopped.
"""

from dataclasses import dataclass

from shared.contracts.fingerprint import Fingerprint
from shared.contracts.identifiers import Environment, PlatformId, SubjectId

# The day itself and 29 before it: always younger than what the log keeps (30 days).
WINDOW_DAYS = 29
_DAY_MILLISECONDS = 86_400_000


@dataclass(frozen=True)
class Sighting:
    """First subject that showed a key on a day. `day` counts from 1970."""

    day: int
    subject_id: SubjectId
    platform: PlatformId


@dataclass(frozen=True)
class Pair:
    """Two subjects of one environment with equal content."""

    elder: Sighting
    younger: Sighting
    environment: Environment


class ExactIndex:
    """Keys met within the window, each with the first subject of each day on which it was met.

    One sighting a day is enough to know the eldest within any window, so a viral text takes 30
    places and not a million.
    """

    def __init__(self) -> None:
        self._sightings: dict[tuple[Environment, str, str], tuple[Sighting, ...]] = {}
        self._pairs: dict[tuple[Environment, SubjectId, SubjectId], int] = {}
        self._newest_day = 0

    def __len__(self) -> int:
        return len(self._sightings)

    def add(self, fingerprint: Fingerprint, timestamp_ms: int) -> Pair | None:
        """Takes the next record of the log; the pair it makes, if that pair is new."""
        keys = fingerprint.fingerprints
        if keys.exact is None:
            return None
        day = timestamp_ms // _DAY_MILLISECONDS
        self._forget_before(day - WINDOW_DAYS)
        seen = Sighting(day, fingerprint.subject_id, fingerprint.platform)
        place = (fingerprint.environment, keys.method, keys.exact)
        known = tuple(
            sighting
            for sighting in self._sightings.get(place, ())
            if sighting.day >= day - WINDOW_DAYS
        )
        if not known or known[-1].day != day:
            self._sightings[place] = (*known, seen)
        if not known or known[0].subject_id == seen.subject_id:
            return None
        return self._new_pair(Pair(known[0], seen, fingerprint.environment))

    def _new_pair(self, pair: Pair) -> Pair | None:
        """The pair, unless it was met within the window, either way round."""
        first, second = sorted((pair.elder.subject_id, pair.younger.subject_id))
        place = (pair.environment, first, second)
        known = self._pairs.get(place)
        self._pairs[place] = pair.younger.day
        return None if known is not None else pair

    def _forget_before(self, oldest_day: int) -> None:
        """Once a day of the log, what the window has left is dropped."""
        if oldest_day + WINDOW_DAYS <= self._newest_day:
            return
        self._newest_day = oldest_day + WINDOW_DAYS
        for place in [p for p, s in self._sightings.items() if s[-1].day < oldest_day]:
            del self._sightings[place]
        for pair in [p for p, day in self._pairs.items() if day < oldest_day]:
            del self._pairs[pair]

"""Derives the trail again from its own entries and says where it is not what it was. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from services.review.audit.rules import Placed, entry_hash


class TrailCheck:
    """Takes the entries in the order of their sequence, a page at a time, and keeps what it needs:
    the end of each chain.
    """

    def __init__(self) -> None:
        self.size = 0
        self.last_hash = ""
        self._ends: dict[str, str] = {}

    def take(self, entries: Iterable[Placed]) -> Iterator[str]:
        """One sentence for each thing that is wrong, and goes on."""
        for entry in entries:
            if entry.sequence != self.size + 1:
                yield f"audit entry {self.size + 1} is missing: {entry.sequence} follows"
            if entry.previous_hash != self._ends.get(entry.chain, ""):
                yield f"audit entry {entry.sequence} does not follow the one before it in its chain"
            if entry.hash != entry_hash(entry.previous_hash, entry.entry):
                yield f"audit entry {entry.sequence} is not what was hashed"
            self.size = entry.sequence
            self.last_hash = self._ends[entry.chain] = entry.hash

    def finish(self, *, size: int, last_hash: str) -> Iterator[str]:
        """What the checkpoint says against what was found."""
        if size != self.size:
            yield f"the audit checkpoint counts {size} entries, the trail has {self.size}"
        elif last_hash != self.last_hash:
            yield "the audit checkpoint does not name the last entry"


@dataclass(frozen=True)
class Linked:
    """An entry, and the hash of the one before it in its chain as it stands in the trail."""

    entry: Placed
    last_hash: str


def faults_of(page: Sequence[Linked], *, after: int) -> Iterator[str]:
    """As `TrailCheck`, of a page behind sequence `after` alone: it needs no memory of the trail."""
    expected = after
    for linked in page:
        entry, expected = linked.entry, expected + 1
        if entry.sequence != expected:
            yield f"audit entry {expected} is missing: {entry.sequence} follows"
            expected = entry.sequence
        if entry.previous_hash != linked.last_hash:
            yield f"audit entry {entry.sequence} does not follow the one before it in its chain"
        if entry.hash != entry_hash(entry.previous_hash, entry.entry):
            yield f"audit entry {entry.sequence} is not what was hashed"

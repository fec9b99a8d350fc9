"""What became of each line, counted; what failed is named at once and not kept."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

MOST_KINDS = 50


class Outcome(StrEnum):
    """How a line can fail."""

    REFUSED = "refused"
    QUARANTINED = "quarantined"
    NOT_SENT = "not_sent"  # given up before the edge said anything certain
    NOT_SEEN = "not_seen"  # accepted, given up before it was in the queue


@dataclass(frozen=True)
class Failure:
    line: int
    outcome: Outcome
    code: str
    reason: str
    external_id: str | None = None


@dataclass
class Tally:
    """`name` is called for each line that failed, once. `read_to` is how many bytes of the file
    are dealt with.
    """

    name: Callable[[Failure], None]
    accepted: int = 0
    visible: int = 0
    read_to: int = 0
    failed: Counter[Outcome] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    not_json: int = 0

    def fail(self, failure: Failure) -> None:
        self.failed[failure.outcome] += 1
        self.not_json += failure.code == "json_syntax"
        self.name(failure)

    def warn(self, code: str, pointer: str) -> None:
        """Kinds of warnings are few; a file that makes up more is counted as the rest."""
        kind = f"{code} {pointer}"
        if kind not in self.warnings and len(self.warnings) >= MOST_KINDS:
            kind = "others"
        self.warnings[kind] += 1

    @property
    def is_whole(self) -> bool:
        """Whether nothing failed."""
        return not self.failed.total()

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was done yet."""
        return self.is_whole and not self.accepted

"""The names of what a run must never show."""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """Of reports, then of leases and decisions, then of events."""

    LOST = "lost"
    DOUBLED = "doubled"
    PHANTOM = "phantom"
    MISCOUNTED = "miscounted"
    QUARANTINED = "quarantined"
    ID_CHANGED = "id changed"
    FIRST_DID_NOT_STAND = "first did not stand"
    CONFLICT_NOT_SHOWN = "conflict not shown"
    CONFLICT_FROM_NOWHERE = "conflict from nowhere"
    STATUS_DIFFERS = "status differs"
    NOT_OFFERED = "not offered"
    SANDBOX_LEAKED = "sandbox leaked"

    LEASED_TWICE = "leased twice"
    DECIDED_TWICE = "decided twice"
    DECIDED_TOO_LATE = "decided too late"
    DECISION_LOST = "decision lost"
    DECISION_FROM_NOWHERE = "decision from nowhere"
    UNDO_LOST = "undo lost"
    UNDONE_BUT_SENT = "undone but sent"

    EVENT_LOST = "event lost"
    EVENT_FROM_NOWHERE = "event from nowhere"
    EVENT_FORGED = "event forged"
    EVENT_CHANGED = "event changed"
    FEED_REWRITTEN = "feed rewritten"
    REPORT_NOT_TOLD = "report not told"
    VERSION_BROKEN = "version broken"
    LOWER_VERSION_WINS = "lower version wins"
    STATE_DIFFERS = "state differs"


class Anomaly(NamedTuple):
    kind: Kind
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"

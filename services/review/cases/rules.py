"""How a case moves. Pure: a state and an event in, the next state out, nothing written.

The table below is the whole truth: the diagram in ARCHITECTURE.md is drawn from it and the tests
walk through it.
"""

from enum import StrEnum

from shared.errors import Permanent


class CaseState(StrEnum):
    """A lease is not a state: a case in somebody's hands is still queued."""

    QUEUED = "queued"
    HELD = "held"
    ESCALATED = "escalated"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    DECIDED = "decided"
    CLOSED = "closed"


class CaseEvent(StrEnum):
    OPENED = "opened"
    REPORT_JOINED = "report_joined"
    CLUSTER_JOINED = "cluster_joined"
    CLUSTER_SPLIT = "cluster_split"
    PRECEDENTS_CHANGED = "precedents_changed"
    SKIPPED = "skipped"
    ASSIGNED = "assigned"
    HELD = "held"
    RESUMED = "resumed"
    ESCALATED = "escalated"
    RETURNED = "returned"
    DECIDED = "decided"
    DECISION_UNDONE = "decision_undone"
    DECISION_APPLIED = "decision_applied"
    DECISION_REVERSED = "decision_reversed"
    APPEAL_UPHELD = "appeal_upheld"
    CLOSED = "closed"


OPEN_STATES = frozenset(
    {CaseState.QUEUED, CaseState.HELD, CaseState.ESCALATED, CaseState.AWAITING_CONFIRMATION}
)

_Q, _H, _E, _D, _C = (
    CaseState.QUEUED,
    CaseState.HELD,
    CaseState.ESCALATED,
    CaseState.DECIDED,
    CaseState.CLOSED,
)

TRANSITIONS: dict[tuple[CaseState | None, CaseEvent], CaseState] = {
    (None, CaseEvent.OPENED): _Q,
    # what arrives while a case is open leaves it where it is
    **{
        (state, event): state
        for state in (_Q, _H, _E)
        for event in (
            CaseEvent.REPORT_JOINED,
            CaseEvent.CLUSTER_JOINED,
            CaseEvent.CLUSTER_SPLIT,
            CaseEvent.PRECEDENTS_CHANGED,
            CaseEvent.ASSIGNED,
        )
    },
    (_Q, CaseEvent.SKIPPED): _Q,
    (_E, CaseEvent.SKIPPED): _E,
    (_Q, CaseEvent.HELD): _H,
    (_E, CaseEvent.HELD): _H,
    (_H, CaseEvent.RESUMED): _Q,
    (_Q, CaseEvent.ESCALATED): _E,
    (_H, CaseEvent.ESCALATED): _E,
    (_E, CaseEvent.RETURNED): _Q,
    (_Q, CaseEvent.DECIDED): _D,
    (_H, CaseEvent.DECIDED): _D,
    (_E, CaseEvent.DECIDED): _D,
    (_D, CaseEvent.DECISION_UNDONE): _Q,
    (_D, CaseEvent.DECISION_APPLIED): _D,
    (_D, CaseEvent.DECISION_REVERSED): _D,
    (_D, CaseEvent.APPEAL_UPHELD): _D,
    (_Q, CaseEvent.CLOSED): _C,
    (_H, CaseEvent.CLOSED): _C,
    (_E, CaseEvent.CLOSED): _C,
}


class NotPossible(Permanent):
    """The case is in a state from which this cannot happen."""

    def __init__(self, state: CaseState | None, event: CaseEvent) -> None:
        super().__init__(f"a case that is {state or 'not there'} cannot be {event}")
        self.state = state
        self.event = event


def next_state(state: CaseState | None, event: CaseEvent) -> CaseState:
    """The state after the event. Raises NotPossible where the table has no such arrow."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise NotPossible(state, event) from None


def is_open(state: CaseState) -> bool:
    return state in OPEN_STATES


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    arrows = [
        f"    {before or '[*]'} --> {after}: {event}"
        for (before, event), after in TRANSITIONS.items()
        if before is not after
    ]
    return "\n".join(["stateDiagram-v2", *arrows])

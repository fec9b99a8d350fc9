"""The one way in which a case changes state: table, history and audit trail together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue
from sqlalchemy import text

from services.review.audit import service as audit
from services.review.audit.models import Act, Actor
from services.review.cases.rules import CaseEvent, CaseState, next_state
from services.review.database.session import Session
from services.review.errors import NotFound
from shared.contracts.identifiers import CaseId, Environment, PlatformId


@dataclass(frozen=True)
class Move:
    """What should happen to a case. `private` goes to the audit trail as a commitment only."""

    case_id: CaseId
    event: CaseEvent
    actor: Actor
    reason: str | None = None
    decision_id: str | None = None
    facts: dict[str, JsonValue] = field(default_factory=dict)
    private: dict[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """A move that was made: the case is at `version` now."""

    move: Move
    platform: PlatformId
    environment: Environment
    version: int
    before: CaseState | None
    after: CaseState


async def advance(session: Session, moves: Sequence[Move]) -> list[Step]:
    """Locks the cases by id, moves them as the table says, and records every step.

    All or none: raises NotPossible where the table has no such arrow and NotFound for a case that
    is not there. Whoever holds a lock on the cluster's queue entry took it before.
    """
    found = await _locked(session, {move.case_id for move in moves})
    steps: list[Step] = []
    for move in moves:
        if move.case_id not in found:
            raise NotFound("case_not_found", "There is no such case.")
        platform, environment, state, version = found[move.case_id]
        after = next_state(state, move.event)
        steps.append(Step(move, platform, environment, version + 1, state, after))
        found[move.case_id] = (platform, environment, after, version + 1)
    await session.execute(
        _UPDATE,
        {
            "ids": list(found),
            "states": [str(state) for _, _, state, _ in found.values()],
            "versions": [version for _, _, _, version in found.values()],
        },
    )
    await record_steps(session, steps)
    return steps


async def record_steps(session: Session, steps: Iterable[Step]) -> None:
    """History and audit trail of steps whose cases the caller has written itself."""
    rows = list(steps)
    if not rows:
        return
    await session.execute(
        _INSERT_EVENTS,
        {
            "cases": [step.move.case_id for step in rows],
            "versions": [step.version for step in rows],
            "platforms": [step.platform for step in rows],
            "environments": [str(step.environment) for step in rows],
            "events": [str(step.move.event) for step in rows],
            "befores": [step.before and str(step.before) for step in rows],
            "afters": [str(step.after) for step in rows],
            "actors": [str(step.move.actor) for step in rows],
            "reasons": [step.move.reason for step in rows],
            "decisions": [step.move.decision_id for step in rows],
        },
    )
    await audit.record(session, [_act(step) for step in rows])


def _act(step: Step) -> Act:
    facts = {**step.move.facts}
    if step.move.decision_id is not None:
        facts["decision"] = step.move.decision_id
    return Act(
        action=step.move.event,
        actor=step.move.actor,
        case_id=step.move.case_id,
        case_version=step.version,
        platform=step.platform,
        environment=step.environment,
        before={"state": step.before and str(step.before)},
        after={"state": str(step.after), **facts},
        reason_code=step.move.reason,
        private=step.move.private,
    )


Found = dict[CaseId, tuple[PlatformId, Environment, CaseState, int]]


async def _locked(session: Session, ids: set[CaseId]) -> Found:
    rows = await session.execute(_LOCK, {"ids": sorted(ids)})
    return {
        CaseId(row.case_id): (
            PlatformId(row.platform_id),
            Environment(row.environment),
            CaseState(row.state),
            row.version,
        )
        for row in rows
    }


_LOCK = text(
    "select case_id, platform_id, environment, state, version from cases"
    " where case_id = any(:ids) order by case_id for update"
)
_UPDATE = text(
    "update cases set state = new.state, version = new.version, updated_at = clock_timestamp()"
    " from unnest(cast(:ids as text[]), cast(:states as text[]), cast(:versions as bigint[]))"
    " as new (case_id, state, version) where cases.case_id = new.case_id"
)
_INSERT_EVENTS = text(
    "insert into case_events (case_id, version, platform_id, environment, event, from_state,"
    " to_state, actor, reason, decision_id)"
    " select * from unnest(cast(:cases as text[]), cast(:versions as bigint[]),"
    " cast(:platforms as text[]), cast(:environments as text[]), cast(:events as text[]),"
    " cast(:befores as text[]), cast(:afters as text[]), cast(:actors as text[]),"
    " cast(:reasons as text[]), cast(:decisions as text[]))"
)

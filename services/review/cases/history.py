"""The one way in which a case changes state: table, history and audit trail together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from pydantic import JsonValue
from sqlalchemy import Row, text

from services.review.audit import service as audit
from services.review.audit.models import Act, Actor
from services.review.audit.repository import load_time
from services.review.cases.rules import CaseEvent, CaseState, next_state
from services.review.database.session import Session, Write
from services.review.errors import NotFound
from shared.contracts.identifiers import CaseId, Environment, PlatformId


@dataclass(frozen=True)
class Move:
    """What should happen to a case. `private` goes to the audit trail as a commitment only. With
    `decided_at` the decision is from then on the one that stands.
    """

    case_id: CaseId
    event: CaseEvent
    actor: Actor
    reason: str | None = None
    decision_id: str | None = None
    decided_at: datetime | None = None
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


class Standing(NamedTuple):
    """How a locked case stands."""

    platform: PlatformId
    environment: Environment
    state: CaseState
    version: int


async def advance(session: Session, moves: Sequence[Move]) -> list[Step]:
    """Locks the cases by id, moves them as the table says, and records every step.

    All or none: raises NotPossible where the table has no such arrow and NotFound for a case that
    is not there. Whoever holds a lock on the cluster's queue entry took it before.
    """
    rows = await session.execute(_LOCK, {"ids": sorted({move.case_id for move in moves})})
    locked = rows.all()
    steps = steps_of(moves, {CaseId(row.case_id): standing(row) for row in locked})
    if steps:
        await session.write(*moved(steps), *recorded(steps, locked[0].began_at))
    return steps


def standing(row: Row[tuple[object, ...]]) -> Standing:
    """From a row of `cases`."""
    return Standing(
        PlatformId(row.platform_id), Environment(row.environment), CaseState(row.state), row.version
    )


def steps_of(moves: Sequence[Move], found: Mapping[CaseId, Standing]) -> list[Step]:
    """What the moves come to, one after the other. Pure; raises as `advance` does."""
    now = dict(found)
    steps: list[Step] = []
    for move in moves:
        if move.case_id not in now:
            raise NotFound("case_not_found", "There is no such case.")
        before = now[move.case_id]
        after = before._replace(
            state=next_state(before.state, move.event), version=before.version + 1
        )
        steps.append(
            Step(move, after.platform, after.environment, after.version, before.state, after.state)
        )
        now[move.case_id] = after
    return steps


async def record_steps(session: Session, steps: Iterable[Step]) -> None:
    """History and audit trail of steps whose cases the caller has written itself."""
    rows = list(steps)
    if rows:
        await session.write(*recorded(rows, await load_time(session)))


def moved(steps: Sequence[Step]) -> list[Write]:
    """The cases of the steps, locked by the caller."""
    last = {step.move.case_id: step for step in steps}.values()
    parameters = {
        "ids": [step.move.case_id for step in last],
        "states": [str(step.after) for step in last],
        "versions": [step.version for step in last],
        "decisions": [step.move.decision_id for step in last],
        "decided": [step.move.decided_at for step in last],
    }
    return [Write(_UPDATE, parameters)]


def recorded(steps: Sequence[Step], at: datetime) -> list[Write]:
    """History and audit trail of the steps, of a transaction that began `at`."""
    events = {
        "cases": [step.move.case_id for step in steps],
        "versions": [step.version for step in steps],
        "platforms": [step.platform for step in steps],
        "environments": [str(step.environment) for step in steps],
        "events": [str(step.move.event) for step in steps],
        "befores": [step.before and str(step.before) for step in steps],
        "afters": [str(step.after) for step in steps],
        "actors": [str(step.move.actor) for step in steps],
        "reasons": [step.move.reason for step in steps],
        "decisions": [step.move.decision_id for step in steps],
    }
    acts = [_act(step) for step in steps]
    return [Write(_INSERT_EVENTS, events), *audit.recorded(acts, at)]


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


_LOCK = text(
    "select case_id, platform_id, environment, state, version, now() as began_at from cases"
    " where case_id = any(:ids) order by case_id for update"
)
_UPDATE = text(
    "update cases set state = new.state, version = new.version, updated_at = clock_timestamp(),"
    " decision_id = case when decided is null then cases.decision_id else new.decision_id end,"
    " decided_at = coalesce(decided, decided_at),"
    " reporters_at_decision ="
    " case when decided is null then reporters_at_decision else reporter_count end,"
    " held_by = case when decided is null then held_by end,"
    " held_until = case when decided is null then held_until end"
    " from unnest(cast(:ids as text[]), cast(:states as text[]), cast(:versions as bigint[]),"
    " cast(:decisions as text[]), cast(:decided as timestamptz[]))"
    " as new (case_id, state, version, decision_id, decided) where cases.case_id = new.case_id"
)
_INSERT_EVENTS = text(
    "insert into case_events (case_id, version, platform_id, environment, event, from_state,"
    " to_state, actor, reason, decision_id)"
    " select * from unnest(cast(:cases as text[]), cast(:versions as bigint[]),"
    " cast(:platforms as text[]), cast(:environments as text[]), cast(:events as text[]),"
    " cast(:befores as text[]), cast(:afters as text[]), cast(:actors as text[]),"
    " cast(:reasons as text[]), cast(:decisions as text[]))"
)

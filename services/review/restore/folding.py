"""Folds what platforms were told into cases, decisions and appeals that do not know of it."""

from collections.abc import Sequence

from services.review.audit.models import Actor, ActorKind
from services.review.cases.history import Move, Step, advance, record_steps
from services.review.cases.rules import CaseEvent, CaseState, is_open
from services.review.database.session import Session
from services.review.decisions import release_repository as released
from services.review.decisions import repository as decisions
from services.review.decisions.events import expiry_drafts
from services.review.decisions.outbox import add_drafts, withdraw_group
from services.review.decisions.release_repository import DueDraft, ReleasedEvent, SubjectState
from services.review.restore import repository
from services.review.restore.repository import Place
from services.review.restore.rules import FOLLOWING, MADE, Told, in_feed_order
from shared.clock import new_id
from shared.contracts.decision import (
    AppealData,
    AppealEvent,
    AppealOutcome,
    DecisionData,
    DecisionEvent,
    QuarantineData,
)
from shared.contracts.identifiers import CaseId, DecisionId

ACTOR = Actor(ActorKind.SYSTEM, "restore")


async def undo_taken_back(session: Session, groups: Sequence[str]) -> int:
    """Their cases wait again, and nothing is told of them. A subject with a newer case keeps its
    decision: it is told. How many decisions were undone.
    """
    count = 0
    for group_id in groups:
        case_ids = await repository.cases_of(session, group_id)
        if await decisions.has_newer_case(session, case_ids):
            continue
        undone = await repository.mark_undone(session, group_id)
        await advance(
            session,
            [
                Move(
                    CaseId(row.case_id),
                    CaseEvent.DECISION_UNDONE,
                    ACTOR,
                    decision_id=row.decision_id,
                )
                for row in undone
            ],
        )
        await withdraw_group(session, group_id)
        await decisions.unset_decision(session, case_ids)
        for cluster_id in {row.cluster_id for row in undone}:
            await decisions.put_back(session, cluster_id)
            await decisions.grow_cluster(session, cluster_id)
        count += len(undone)
    return count


async def take_events(session: Session, missing: Sequence[Told]) -> list[Told]:
    """Events into the feed at their places, their drafts gone, subjects at their newest version.
    The events in the order of the feed.

    Webhooks get them once more, under the same ids: nobody knows which arrived.
    """
    placed = in_feed_order(missing, await released.last_position(session))
    ordered = [told for _, told in placed]
    await _move_subjects(session, ordered)
    rows = [_released(position, told) for position, told in placed]
    if not rows:
        return []
    await released.insert_events(session, rows)
    await released.mark_published(session, [row.draft.event_id for row in rows])
    for _, told in placed:
        event = told.event
        if isinstance(event, DecisionEvent):
            drafts = expiry_drafts(
                event.type, event.data, at=event.timestamp, traceparent=told.traceparent
            )
            await add_drafts(session, drafts)
    return ordered


async def _move_subjects(session: Session, told: Sequence[Told]) -> None:
    events = [one.event for one in told if isinstance(one.event, DecisionEvent)]
    for event in events:
        await repository.add_subject(session, event)
    wanted = {(event.data.environment, event.data.subject_id): event.data.platform
              for event in events}  # fmt: skip
    if not wanted:
        return
    states = await released.lock_subjects(session, wanted)
    for event in events:
        key = (event.data.environment, event.data.subject_id)
        if event.data.subject_version > states[key].version:
            states[key] = SubjectState(event.data.subject_version, event.data.effective)
    await released.save_subjects(session, states)


def _released(position: int, told: Told) -> ReleasedEvent:
    event = told.event
    data = event.data
    draft = DueDraft(
        event_id=event.event_id,
        type=event.type,
        platform=data.platform,
        environment=data.environment,
        subject_id=None if isinstance(data, QuarantineData) else data.subject_id,
        decision_id=None if isinstance(data, QuarantineData) else data.decision_id,
        appeal_id=data.appeal_id if isinstance(data, AppealData) else None,
        data={},
        traceparent=told.traceparent,
        now=event.timestamp,
        void=False,
    )
    version = data.subject_version if isinstance(data, DecisionData) else None
    return ReleasedEvent(draft, position, version, told.body)


async def fold_made(session: Session, missing: Sequence[Told]) -> tuple[int, list[DecisionId]]:
    """Decisions that were made after the backup: how many, and those whose case is not there."""
    return await _fold(session, missing, MADE)


async def fold_following(session: Session, missing: Sequence[Told]) -> tuple[int, list[DecisionId]]:
    """What appeals changed, once the appeals themselves are there."""
    count, lost = await _fold(session, missing, FOLLOWING)
    for told in missing:
        if isinstance(told.event, AppealEvent):
            await _settle(session, told, told.event)
    return count, lost


async def _fold(
    session: Session, missing: Sequence[Told], kinds: frozenset[str]
) -> tuple[int, list[DecisionId]]:
    appeals = {
        told.event.data.new_decision_id: told.event.data.appeal_id
        for told in missing
        if isinstance(told.event, AppealEvent)
    }
    count = 0
    lost: list[DecisionId] = []
    for told in missing:
        event = told.event
        if not isinstance(event, DecisionEvent) or event.type not in kinds:
            continue
        data = event.data
        if await repository.has_decision(session, data.decision_id):
            continue
        place = await repository.find_place(session, data)
        if place is None:
            lost.append(data.decision_id)
        elif place.subject_id == data.subject_id:  # else it is told of another subject too
            await _decide(session, place, told, data, appeals.get(data.decision_id))
            count += 1
    return count, lost


async def _decide(
    session: Session, place: Place, told: Told, data: DecisionData, appeal_id: str | None
) -> None:
    case_id = place.case_id
    move = CaseEvent.DECIDED
    if data.reverses is not None:
        await decisions.mark_reversed(session, data.reverses)
        move = CaseEvent.DECISION_REVERSED
    elif not is_open(CaseState(place.state)):
        place = await _without_unsent(session, place, data)
        case_id = place.case_id
        if not is_open(CaseState(place.state)):
            case_id = await _open_following(session, place, data)
    await repository.add_decision(session, case_id, told, data, appeal_id)
    await advance(
        session,
        [
            Move(
                case_id,
                move,
                ACTOR,
                reason=str(data.finding),
                decision_id=data.decision_id,
                facts={"actions": [str(action.action) for action in data.actions]},
            )
        ],
    )
    if is_open(CaseState(place.state)):
        await decisions.renew_entry(session, place.cluster_id)
        await decisions.grow_cluster(session, place.cluster_id)


async def _without_unsent(session: Session, place: Place, data: DecisionData) -> Place:
    """A decision that was never sent and gave way to one that was is undone."""
    group_id = await repository.find_unsent_group(session, place.case_id)
    if group_id is None:
        return place
    await undo_taken_back(session, [group_id])
    found = await repository.find_place(session, data)
    assert found is not None  # it was there, and nothing is deleted
    return found


async def _open_following(session: Session, place: Place, data: DecisionData) -> CaseId:
    case_id = await repository.add_following_case(session, place, data, new_id("clu"))
    opened = Step(
        Move(case_id, CaseEvent.OPENED, ACTOR, facts={"reports": data.reports_total}),
        data.platform,
        data.environment,
        version=1,
        before=None,
        after=CaseState.QUEUED,
    )
    await record_steps(session, [opened])
    return case_id


async def _settle(session: Session, told: Told, event: AppealEvent) -> None:
    data = event.data
    appeal = await repository.find_open_appeal(session, data.appeal_id)
    if appeal is None:
        return
    await repository.settle_appeal(session, data, told.origin.decided_by, data.decided_at)
    if data.outcome is AppealOutcome.UPHELD:
        facts = {"appeal": data.appeal_id, "appealed": data.decision_id}
        upheld = Move(CaseId(appeal.case_id), CaseEvent.APPEAL_UPHELD, ACTOR, facts={**facts})
        await advance(session, [upheld])

"""The release: drafts whose time has come become events, numbered without gaps.

A draft's time has come when its undo window is over, or when the actions have ended of which it
tells the end.

One writer in the whole system calls this, fenced by its epoch; so the feed can be counted on from
its last number, and a reader's cursor is never overtaken.
"""

from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError

from services.review.audit import service as audit
from services.review.audit.models import Act, Actor, ActorKind
from services.review.database.session import Session
from services.review.decisions import release_repository as repository
from services.review.decisions.events import EVENTS_ON_SUBJECTS, effective_after, expiry_drafts
from services.review.decisions.metrics import (
    DRAFTS_BROKEN,
    EVENTS_RELEASED,
    TIME_TO_DECISION,
)
from services.review.decisions.outbox import add_drafts
from services.review.decisions.release_repository import (
    DueDraft,
    ReleasedEvent,
    SubjectKey,
    SubjectState,
)
from shared.contracts.decision import (
    API_VERSION,
    AppealEvent,
    DecisionData,
    DecisionEvent,
    Event,
    EventType,
    QuarantineEvent,
)
from shared.contracts.identifiers import CaseId
from shared.observability.logging import logger

ACTOR = Actor(ActorKind.SYSTEM, "outbox-relay")

log = logger(__name__)

_EVENT: TypeAdapter[DecisionEvent | AppealEvent | QuarantineEvent] = TypeAdapter(Event)


async def release_due(session: Session, *, review_url: str, most: int) -> int:
    """Releases up to `most` due drafts in the caller's transaction; returns how many were due.

    Events, deliveries, versions and states of subjects commit together or not at all.
    """
    locked = await repository.lock_due(session, most)
    if not locked:
        return 0
    await repository.drop_drafts(session, [draft.event_id for draft in locked if draft.void])
    due = [draft for draft in locked if not draft.void]
    subjects = await _subjects_of(session, due)
    position = await repository.last_position(session)
    events: list[ReleasedEvent] = []
    for draft in due:
        event = _released(draft, subjects, position + 1, review_url)
        if event is None:
            await repository.set_aside(session, draft.event_id)
        else:
            position += 1
            events.append(event)
    await repository.save_subjects(session, subjects)
    await repository.insert_events(session, events)
    await add_drafts(session, [draft for event in events for draft in event.following])
    await audit.record(session, [_ended(event) for event in events if _is_expiry(event.draft)])
    for event in events:
        EVENTS_RELEASED.labels(event.draft.type).inc()
    released = [event.draft.event_id for event in events]
    for settled in await repository.list_settled(session, released):
        TIME_TO_DECISION.labels(settled.queue_id).observe(settled.seconds)
    return len(locked)


async def _subjects_of(session: Session, due: Sequence[DueDraft]) -> dict[SubjectKey, SubjectState]:
    wanted = {
        (draft.environment, draft.subject_id): draft.platform
        for draft in due
        if draft.subject_id is not None and draft.type in EVENTS_ON_SUBJECTS
    }
    return await repository.lock_subjects(session, wanted) if wanted else {}


def _released(
    draft: DueDraft, subjects: dict[SubjectKey, SubjectState], position: int, review_url: str
) -> ReleasedEvent | None:
    """The event, and its subject moved on; None for a draft that fits no event."""
    try:
        if draft.type not in EVENTS_ON_SUBJECTS or draft.subject_id is None:
            return ReleasedEvent(draft, position, None, _body(draft, dict(draft.data)))
        key = (draft.environment, draft.subject_id)
        before = subjects[key]
        version = before.version + 1
        data = DecisionData.model_validate(
            {
                **draft.data,
                "subject_version": version,
                "effective": (),
                "reports_url": f"{review_url}/v1/reports?decision_id={draft.decision_id}",
            }
        )
        effective = effective_after(before.effective, draft.type, data, at=draft.now)
        told = data.model_copy(update={"effective": effective})
        body = _body(draft, told.model_dump(mode="json"))
        following = expiry_drafts(draft.type, told, at=draft.now, traceparent=draft.traceparent)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = "/".join(str(part) for part in first["loc"])
        log.error("draft_broken", event_id=draft.event_id, place=place, kind=first["type"])
        DRAFTS_BROKEN.inc()
        return None
    subjects[key] = SubjectState(version, effective)
    return ReleasedEvent(draft, position, version, body, tuple(following))


def _is_expiry(draft: DueDraft) -> bool:
    return draft.type is EventType.DECISION_EXPIRED


def _ended(event: ReleasedEvent) -> Act:
    """The clock has changed what holds: for the audit trail."""
    draft = event.draft
    return Act(
        action="actions_expired",
        actor=ACTOR,
        case_id=CaseId(str(draft.data["case_id"])),
        platform=draft.platform,
        environment=draft.environment,
        after={"decision": draft.decision_id, "event": draft.event_id},
    )


def _body(draft: DueDraft, data: dict[str, object]) -> str:
    event = _EVENT.validate_python(
        {
            "schema_version": 1,
            "event_id": draft.event_id,
            "type": draft.type,
            "timestamp": draft.now,
            "api_version": API_VERSION,
            "data": data,
        }
    )
    return event.model_dump_json()

"""The SQL of the release: drafts in, numbered events and deliveries out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from pydantic import JsonValue
from sqlalchemy import text

from services.review.database.session import Session
from services.review.decisions.events import Draft
from services.review.decisions.log_headers import Origin
from shared.contracts.decision import EffectiveAction, EventType
from shared.contracts.identifiers import Environment, EventId, PlatformId, SubjectId

SubjectKey = tuple[Environment, SubjectId]


@dataclass(frozen=True)
class DueDraft:
    """A draft whose time has come. `now` is the database's clock; `void` is an end of actions that
    no longer hold, because their decision was reversed before.
    """

    event_id: EventId
    type: EventType
    platform: PlatformId
    environment: Environment
    subject_id: SubjectId | None
    decision_id: str | None
    appeal_id: str | None
    data: dict[str, JsonValue]
    traceparent: str | None
    now: datetime
    void: bool


@dataclass
class SubjectState:
    """Changed event by event while a batch is made."""

    version: int
    effective: tuple[EffectiveAction, ...]


@dataclass(frozen=True)
class ReleasedEvent:
    """`body` is what is sent, byte for byte, wherever it is sent. `following` are drafts that its
    release brings about.
    """

    draft: DueDraft
    feed_position: int
    subject_version: int | None
    body: str
    following: tuple[Draft, ...] = ()


@dataclass(frozen=True)
class Unpublished:
    event_id: EventId
    key: str
    body: str
    traceparent: str | None
    origin: Origin


@dataclass(frozen=True)
class Settled:
    """A case that was decided for good, and how long after its first report was accepted."""

    queue_id: str
    seconds: float


async def lock_due(session: Session, most: int) -> list[DueDraft]:
    """Oldest first. Those that an undo is taking back right now are passed over."""
    rows = await session.execute(_DUE, {"most": most})
    return [
        DueDraft(
            event_id=EventId(row.event_id),
            type=EventType(row.type),
            platform=PlatformId(row.platform_id),
            environment=Environment(row.environment),
            subject_id=SubjectId(row.subject_id) if row.subject_id else None,
            decision_id=row.decision_id,
            appeal_id=row.appeal_id,
            data=row.draft,
            traceparent=row.traceparent,
            now=row.now,
            void=row.void,
        )
        for row in rows
    ]


async def lock_subjects(
    session: Session, wanted: dict[SubjectKey, PlatformId]
) -> dict[SubjectKey, SubjectState]:
    """Locked in the order of their keys. An account that no report was about is made."""
    keys = sorted(wanted)
    parameters = {
        "environments": [str(environment) for environment, _ in keys],
        "subjects": [subject for _, subject in keys],
    }
    platforms = [wanted[key] for key in keys]
    await session.execute(_MAKE_SUBJECTS, {**parameters, "platforms": platforms})
    rows = await session.execute(_LOCK_SUBJECTS, parameters)
    return {
        (Environment(row.environment), SubjectId(row.subject_id)): SubjectState(
            row.version, tuple(EffectiveAction.model_validate(item) for item in row.effective)
        )
        for row in rows
    }


async def save_subjects(session: Session, states: dict[SubjectKey, SubjectState]) -> None:
    """Writes versions and states of subjects locked before."""
    await session.execute(
        _SAVE_SUBJECTS,
        {
            "environments": [str(environment) for environment, _ in states],
            "subjects": [subject for _, subject in states],
            "versions": [state.version for state in states.values()],
            "effectives": [
                orjson.dumps([item.model_dump(mode="json") for item in state.effective]).decode()
                for state in states.values()
            ],
        },
    )


async def last_position(session: Session) -> int:
    """Of the feed; 0 before the first event. Only the one writer may count on from it."""
    found: int = (await session.execute(_LAST_POSITION)).scalar_one()
    return found


async def insert_events(session: Session, events: Sequence[ReleasedEvent]) -> int:
    """Events, a delivery for each webhook that wants one, and the drafts gone.

    Returns the number of deliveries.
    """
    drafts = [event.draft for event in events]
    ids = [draft.event_id for draft in drafts]
    await session.execute(
        _INSERT_EVENTS,
        {
            "ids": ids,
            "positions": [event.feed_position for event in events],
            "platforms": [draft.platform for draft in drafts],
            "environments": [str(draft.environment) for draft in drafts],
            "types": [str(draft.type) for draft in drafts],
            "subjects": [draft.subject_id for draft in drafts],
            "versions": [event.subject_version for event in events],
            "decisions": [draft.decision_id for draft in drafts],
            "appeals": [draft.appeal_id for draft in drafts],
            "bodies": [event.body for event in events],
            "traces": [draft.traceparent for draft in drafts],
            "releases": [draft.now for draft in drafts],
        },
    )
    deliveries = (await session.execute(_INSERT_DELIVERIES, {"ids": ids})).all()
    await session.execute(_DELETE_DRAFTS, {"ids": ids})
    return len(deliveries)


async def drop_drafts(session: Session, ids: Sequence[EventId]) -> None:
    """Nobody is told."""
    await session.execute(_DELETE_DRAFTS, {"ids": list(ids)})


async def list_settled(session: Session, ids: Sequence[EventId]) -> list[Settled]:
    """Live cases whose first decision these events tell: one for each, whatever else it touched."""
    rows = await session.execute(_SETTLED, {"ids": list(ids)})
    return [Settled(row.queue_id, row.seconds) for row in rows]


async def set_aside(session: Session, event_id: EventId) -> None:
    """A draft of which no event can be made waits for somebody to look."""
    await session.execute(_SET_ASIDE, {"id": event_id})


async def oldest_due_seconds(session: Session) -> float:
    """0 when nothing is due."""
    found: float = (await session.execute(_OLDEST_DUE)).scalar_one()
    return found


async def list_unpublished(session: Session, most: int) -> list[Unpublished]:
    """In the order of the feed. The key is the subject, else what the event is about."""
    rows = await session.execute(_UNPUBLISHED, {"most": most})
    return [
        Unpublished(
            EventId(row.event_id),
            row.key,
            row.body,
            row.traceparent,
            Origin(row.feed_position, row.decided_by),
        )
        for row in rows
    ]


async def mark_published(session: Session, ids: Sequence[EventId]) -> None:
    """They are on the topic now."""
    await session.execute(_PUBLISHED, {"ids": list(ids)})


async def oldest_unpublished_seconds(session: Session) -> float:
    """0 when all events are on the topic."""
    found: float = (await session.execute(_OLDEST_UNPUBLISHED)).scalar_one()
    return found


_DUE = text(
    "select event_id, type, platform_id, environment, subject_id, decision_id, appeal_id, draft,"
    " traceparent, clock_timestamp() as now, type = 'decision.expired' and not exists ("
    "  select from decisions d where d.decision_id = outbox.decision_id and d.state = 'final')"
    " as void from outbox where release_at <= clock_timestamp()"
    " order by release_at, created_at, event_id limit :most for update skip locked"
)
_MAKE_SUBJECTS = text(
    "insert into subjects (environment, subject_id, platform_id, kind, identity, first_seen_at)"
    " select new.environment, new.subject_id, new.platform_id, 'account', 'stable', now()"
    " from unnest(cast(:environments as text[]), cast(:subjects as text[]),"
    " cast(:platforms as text[])) as new (environment, subject_id, platform_id)"
    " order by 1, 2 on conflict do nothing"
)
_LOCK_SUBJECTS = text(
    "select s.environment, s.subject_id, s.version, s.effective from subjects s"
    " join unnest(cast(:environments as text[]), cast(:subjects as text[]))"
    " as wanted (environment, subject_id) using (environment, subject_id)"
    " order by s.environment, s.subject_id for update of s"
)
_SAVE_SUBJECTS = text(
    "update subjects s set version = new.version, effective = new.effective"
    " from unnest(cast(:environments as text[]), cast(:subjects as text[]),"
    " cast(:versions as bigint[]), cast(:effectives as jsonb[]))"
    " as new (environment, subject_id, version, effective)"
    " where s.environment = new.environment and s.subject_id = new.subject_id"
)
_LAST_POSITION = text("select coalesce(max(feed_position), 0) from events")
_INSERT_EVENTS = text(
    "insert into events (event_id, feed_position, platform_id, environment, type, subject_id,"
    " subject_version, decision_id, appeal_id, body, traceparent, released_at)"
    " select * from unnest(cast(:ids as text[]), cast(:positions as bigint[]),"
    " cast(:platforms as text[]), cast(:environments as text[]), cast(:types as text[]),"
    " cast(:subjects as text[]), cast(:versions as bigint[]), cast(:decisions as text[]),"
    " cast(:appeals as text[]), cast(:bodies as text[]), cast(:traces as text[]),"
    " cast(:releases as timestamptz[]))"
)
_INSERT_DELIVERIES = text(
    "insert into webhook_deliveries (delivery_id, webhook_id, platform_id, environment, event_id,"
    " type, body, traceparent, state)"
    " select 'dlv_' || md5(w.webhook_id || ' ' || e.event_id), w.webhook_id, e.platform_id,"
    " e.environment, e.event_id, e.type, e.body, e.traceparent, 'pending'"
    " from events e join webhooks w on w.platform_id = e.platform_id"
    " and w.environment = e.environment and e.type = any(w.events)"
    " and w.deleted_at is null and w.disabled_at is null"
    " where e.event_id = any(:ids) returning delivery_id"
)
_DELETE_DRAFTS = text("delete from outbox where event_id = any(:ids)")
_SETTLED = text(
    "select c.queue_id, greatest(extract(epoch from d.decided_at - c.opened_at), 0)::float8"
    " as seconds from events e join decisions d using (decision_id)"
    " join cases c on c.case_id = d.case_id and c.subject_id = e.subject_id"
    " where e.event_id = any(:ids) and e.type = 'decision.made' and e.environment = 'live'"
)
_SET_ASIDE = text("update outbox set release_at = 'infinity' where event_id = :id")
_OLDEST_DUE = text(
    "select coalesce((select extract(epoch from clock_timestamp()"
    " - greatest(release_at, created_at))"
    " from outbox where release_at <= clock_timestamp() order by release_at limit 1), 0)::float8"
)
_UNPUBLISHED = text(
    "select e.event_id, coalesce(e.subject_id, e.decision_id, e.event_id) as key, e.body,"
    " e.traceparent, e.feed_position,"
    " case when e.appeal_id is null then d.reviewer_id else a.outcome_by end as decided_by"
    " from events e left join decisions d on d.decision_id = e.decision_id"
    " left join appeals a on a.appeal_id = e.appeal_id"
    " where e.published_at is null order by e.feed_position limit :most"
)
_PUBLISHED = text(
    "update events set published_at = clock_timestamp()"
    " where event_id = any(:ids) and published_at is null"
)
_OLDEST_UNPUBLISHED = text(
    "select coalesce((select extract(epoch from clock_timestamp() - released_at)"
    " from events where published_at is null order by feed_position limit 1), 0)::float8"
)

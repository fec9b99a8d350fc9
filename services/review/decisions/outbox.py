"""Events that wait for their release: written with what they tell of, taken back by an undo."""

from collections.abc import Sequence

import orjson
from sqlalchemy import text

from services.review.database.session import Session, Write
from services.review.decisions.events import Draft


async def add_drafts(session: Session, drafts: Sequence[Draft]) -> None:
    """In the caller's transaction. A draft that waits or was released already is passed over; of
    those that are released at one time the first given goes first.
    """
    if drafts:
        await session.write(added(drafts))


def added(drafts: Sequence[Draft]) -> Write:
    """What `add_drafts` writes."""
    return Write(
        _INSERT,
        {
            "ids": [draft.event_id for draft in drafts],
            "platforms": [draft.platform for draft in drafts],
            "environments": [str(draft.environment) for draft in drafts],
            "types": [str(draft.type) for draft in drafts],
            "subjects": [draft.subject_id for draft in drafts],
            "decisions": [draft.decision_id for draft in drafts],
            "appeals": [draft.appeal_id for draft in drafts],
            "groups": [draft.group_id for draft in drafts],
            "drafts": [orjson.dumps(draft.data).decode() for draft in drafts],
            "traces": [draft.traceparent for draft in drafts],
            "releases": [draft.release_at for draft in drafts],
        },
    )


async def withdraw_group(session: Session, group_id: str) -> bool:
    """Takes back all events of a group. False when one was released: then nothing may be undone
    and the caller rolls back.

    Waits for a release that is under way. Lock the cases of the group before, so that no new
    report joins them meanwhile.
    """
    await session.execute(_DELETE, {"group_id": group_id})
    released = await session.execute(_RELEASED, {"group_id": group_id})
    return released.first() is None


_INSERT = text(
    "insert into outbox (event_id, platform_id, environment, type, subject_id, decision_id,"
    " appeal_id, group_id, draft, traceparent, release_at)"
    " select event_id, platform_id, environment, type, subject_id, decision_id, appeal_id,"
    " group_id, draft, traceparent, release_at"
    " from unnest(cast(:ids as text[]), cast(:platforms as text[]),"
    " cast(:environments as text[]), cast(:types as text[]), cast(:subjects as text[]),"
    " cast(:decisions as text[]), cast(:appeals as text[]), cast(:groups as text[]),"
    " cast(:drafts as jsonb[]), cast(:traces as text[]), cast(:releases as timestamptz[]))"
    " with ordinality as new (event_id, platform_id, environment, type, subject_id, decision_id,"
    " appeal_id, group_id, draft, traceparent, release_at, place)"
    " where not exists (select from events where events.event_id = new.event_id)"
    " order by place on conflict (event_id) do nothing"
)
_DELETE = text("delete from outbox where group_id = :group_id")
_RELEASED = text(
    "select 1 from events join decisions using (decision_id) where decisions.group_id = :group_id"
    " limit 1"
)

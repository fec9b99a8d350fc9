"""Endpoints and deliveries as a platform sees them, under the row security of its tenant."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, text

from services.review.database.session import Session

MOST_WEBHOOKS = 10
MOST_REPLAYED = 10_000


async def count_webhooks(session: Session) -> int:
    """Of the tenant, who can add none elsewhere until this transaction ends."""
    await session.execute(_LOCK_COUNT)
    found: int = (await session.execute(_COUNT)).scalar_one()
    return found


async def insert_webhook(
    session: Session, *, webhook_id: str, url: str, events: Sequence[str], secret: str
) -> bool:
    """False when this URL has one already."""
    made = await session.execute(
        _INSERT, {"id": webhook_id, "url": url, "events": list(events), "secret": secret}
    )
    return made.first() is not None


async def list_webhooks(session: Session, after: str, most: int) -> list[RowMapping]:
    return list((await session.execute(_LIST, {"after": after, "most": most})).mappings())


async def find_webhook(session: Session, webhook_id: str) -> RowMapping | None:
    return (await session.execute(_FIND, {"id": webhook_id})).mappings().first()


async def delete_webhook(session: Session, webhook_id: str) -> bool:
    """What waited for it is cancelled."""
    gone = (await session.execute(_DELETE, {"id": webhook_id})).first() is not None
    await session.execute(_CANCEL, {"id": webhook_id})
    return gone


async def rotate_secret(session: Session, webhook_id: str, secret: str) -> datetime | None:
    """The old secret counts beside the new one for a day; returns until when. None: not there."""
    until: datetime | None = (
        await session.execute(_ROTATE, {"id": webhook_id, "secret": secret})
    ).scalar()
    return until


async def insert_delivery(
    session: Session, *, delivery_id: str, webhook_id: str, event_id: str, kind: str, body: str
) -> None:
    await session.execute(
        _INSERT_DELIVERY,
        {"id": delivery_id, "webhook": webhook_id, "event": event_id, "type": kind, "body": body},
    )


async def replay_events(
    session: Session, webhook_id: str, *, event_id: str | None, since: datetime | None
) -> int:
    """Has events delivered once more, under their ids; returns how many. At most 10,000."""
    rows = await session.execute(
        _REPLAY,
        {"webhook": webhook_id, "event": event_id, "since": since, "most": MOST_REPLAYED},
    )
    return len(rows.all())


async def list_deliveries(
    session: Session, webhook_id: str, before: str, most: int
) -> list[RowMapping]:
    """Newest first, each with its attempts."""
    parameters = {"webhook": webhook_id, "before": before or None, "most": most}
    return list((await session.execute(_DELIVERIES, parameters)).mappings())


_COLUMNS = (
    "webhook_id, url, events, api_version, created_at, disabled_at, disabled_reason, previous_until"
)
# A lock by name: a tenant may write no row that stands for itself.
_LOCK_COUNT = text(
    "select pg_advisory_xact_lock(hashtextextended('mizan webhooks of '"
    " || current_setting('mizan.platform') || ' ' || current_setting('mizan.environment'), 0))"
)
_COUNT = text("select count(*) from webhooks where deleted_at is null")
_INSERT = text(
    "insert into webhooks (webhook_id, platform_id, environment, url, events, secret, api_version)"
    " values (:id, current_setting('mizan.platform'), current_setting('mizan.environment'), :url,"
    " :events, :secret, '2026-11')"
    " on conflict (platform_id, environment, url) where deleted_at is null do nothing"
    " returning webhook_id"
)
_LIST = text(
    f"select {_COLUMNS} from webhooks where deleted_at is null and webhook_id > :after"
    " order by webhook_id limit :most"
)
_FIND = text(f"select {_COLUMNS} from webhooks where webhook_id = :id and deleted_at is null")
_DELETE = text(
    "update webhooks set deleted_at = clock_timestamp()"
    " where webhook_id = :id and deleted_at is null returning webhook_id"
)
_CANCEL = text(
    "update webhook_deliveries set state = 'cancelled', finished_at = clock_timestamp()"
    " where webhook_id = :id and state = 'pending'"
)
_ROTATE = text(
    "update webhooks set previous_secret = secret, secret = :secret,"
    " previous_until = clock_timestamp() + interval '24 hours'"
    " where webhook_id = :id and deleted_at is null returning previous_until"
)
_INSERT_DELIVERY = text(
    "insert into webhook_deliveries (delivery_id, webhook_id, platform_id, environment, event_id,"
    " type, body, state) values (:id, :webhook, current_setting('mizan.platform'),"
    " current_setting('mizan.environment'), :event, :type, :body, 'pending')"
)
_REPLAY = text(
    "insert into webhook_deliveries (delivery_id, webhook_id, platform_id, environment, event_id,"
    " type, body, traceparent, state)"
    " select 'dlv_' || md5(w.webhook_id || ' ' || e.event_id), w.webhook_id, e.platform_id,"
    " e.environment, e.event_id, e.type, e.body, e.traceparent, 'pending'"
    " from webhooks w join events e on e.platform_id = w.platform_id"
    " and e.environment = w.environment and e.type = any(w.events)"
    " where w.webhook_id = :webhook and (e.event_id = cast(:event as text)"
    " or e.released_at >= cast(:since as timestamptz))"
    " order by e.feed_position limit :most"
    " on conflict (webhook_id, event_id) do update set state = 'pending', attempts = 0,"
    " created_at = clock_timestamp(), next_attempt_at = clock_timestamp(), finished_at = null"
    " returning delivery_id"
)
_DELIVERIES = text(
    "select d.delivery_id, d.event_id, d.type, d.state, d.created_at,"
    " case when d.state = 'pending' then d.next_attempt_at end as next_attempt_at,"
    " coalesce((select jsonb_agg(jsonb_build_object('attempt', a.attempt,"
    "  'at', to_char(a.at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24\\:MI\\:SS.US\"Z\"'),"
    "  'status', a.status, 'milliseconds', a.milliseconds, 'error', a.error, 'answer', a.answer)"
    "  order by a.at) from webhook_attempts a where a.delivery_id = d.delivery_id), '[]')"
    " as attempts from webhook_deliveries d where d.webhook_id = :webhook"
    " and (cast(:before as text) is null or (d.created_at, d.delivery_id) <"
    " (select b.created_at, b.delivery_id from webhook_deliveries b where b.delivery_id = :before))"
    " order by d.created_at desc, d.delivery_id desc limit :most"
)

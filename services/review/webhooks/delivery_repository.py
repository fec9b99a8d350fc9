"""The SQL of the sender: what is due, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from services.review.database.session import Session
from services.review.webhooks.rules import Answer, Outcome
from shared.contracts.identifiers import Environment, PlatformId


@dataclass(frozen=True)
class Due:
    """A delivery to be tried now. `now` is the database's clock, `since` when it was first due."""

    delivery_id: str
    webhook_id: str
    url: str
    secrets: tuple[str, ...]
    event_id: str
    body: str
    traceparent: str | None
    attempts: int
    since: datetime
    now: datetime


@dataclass(frozen=True)
class Owner:
    """Whose endpoint it is."""

    platform: PlatformId
    environment: Environment


async def endpoints_due(session: Session, busy: Sequence[str]) -> list[str]:
    """Living endpoints with something due, without the busy ones; longest waiting first."""
    return list((await session.execute(_ENDPOINTS, {"busy": list(busy)})).scalars())


async def list_due(session: Session, webhook_id: str, most: int) -> list[Due]:
    """Of one endpoint, longest due first; nothing once it is disabled or deleted."""
    rows = await session.execute(_DUE, {"webhook": webhook_id, "most": most})
    return [
        Due(
            delivery_id=row.delivery_id,
            webhook_id=row.webhook_id,
            url=row.url,
            secrets=(row.secret, row.previous_secret) if row.previous_secret else (row.secret,),
            event_id=row.event_id,
            body=row.body,
            traceparent=row.traceparent,
            attempts=row.attempts,
            since=row.created_at,
            now=row.now,
        )
        for row in rows
    ]


async def save_attempt(
    session: Session, due: Due, answer: Answer, outcome: Outcome, next_at: datetime | None
) -> None:
    """One line of the log, and when to try again; None gives up."""
    ends = {Outcome.DELIVERED: "delivered", Outcome.GONE: "cancelled"}
    state = ends.get(outcome, "pending" if next_at else "failed")
    await session.execute(
        _LOG,
        {
            "delivery": due.delivery_id,
            "attempt": due.attempts + 1,
            "status": answer.status,
            "milliseconds": answer.milliseconds,
            "error": answer.error,
            "answer": answer.text,
        },
    )
    await session.execute(
        _MOVE,
        {
            "delivery": due.delivery_id,
            "attempts": due.attempts + 1,
            "state": state,
            "next": next_at,
        },
    )


async def disable(session: Session, webhook_id: str, reason: str) -> Owner | None:
    """The endpoint gets nothing more; what waited for it is cancelled. None when it was disabled
    before.
    """
    found = await session.execute(_DISABLE, {"webhook": webhook_id, "reason": reason})
    await session.execute(_CANCEL, {"webhook": webhook_id})
    row = found.first()
    if row is None:
        return None
    return Owner(PlatformId(row.platform_id), Environment(row.environment))


async def count_endpoints(session: Session) -> dict[str, dict[str, int]]:
    """By platform and state; every state of a platform that has endpoints."""
    rows = (await session.execute(_STANDING)).all()
    return {
        row.platform_id: {
            "taking": row.taking,
            "failing": row.failing,
            "disabled": row.disabled,
        }
        for row in rows
    }


async def oldest_due_seconds(session: Session) -> float:
    """0 when nothing is late."""
    found: float = (await session.execute(_OLDEST)).scalar_one()
    return found


_ENDPOINTS = text(
    "select w.webhook_id from webhooks w cross join lateral"
    " (select next_attempt_at from webhook_deliveries d where d.webhook_id = w.webhook_id"
    "  and d.state = 'pending' order by next_attempt_at limit 1) first"
    " where w.deleted_at is null and w.disabled_at is null"
    " and first.next_attempt_at <= clock_timestamp() and not w.webhook_id = any(:busy)"
    " order by first.next_attempt_at"
)
_DUE = text(
    "select d.delivery_id, d.webhook_id, w.url, w.secret,"
    " case when w.previous_until > clock_timestamp() then w.previous_secret end as previous_secret,"
    " d.event_id, d.body, d.traceparent, d.attempts, d.created_at, clock_timestamp() as now"
    " from webhook_deliveries d join webhooks w using (webhook_id)"
    " where d.webhook_id = :webhook and d.state = 'pending'"
    " and d.next_attempt_at <= clock_timestamp()"
    " and w.deleted_at is null and w.disabled_at is null"
    " order by d.next_attempt_at limit :most"
)
_LOG = text(
    "insert into webhook_attempts (delivery_id, attempt, platform_id, environment, status,"
    " milliseconds, error, answer)"
    " select delivery_id, :attempt, platform_id, environment, :status, :milliseconds, :error,"
    " :answer from webhook_deliveries where delivery_id = :delivery"
)
_MOVE = text(
    "update webhook_deliveries set attempts = :attempts, state = cast(:state as text),"
    " next_attempt_at = coalesce(cast(:next as timestamptz), next_attempt_at),"
    " finished_at = case when cast(:state as text) = 'pending' then null"
    " else clock_timestamp() end where delivery_id = :delivery and state = 'pending'"
)
_DISABLE = text(
    "update webhooks set disabled_at = clock_timestamp(), disabled_reason = :reason"
    " where webhook_id = :webhook and disabled_at is null returning platform_id, environment"
)
_CANCEL = text(
    "update webhook_deliveries set state = 'cancelled', finished_at = clock_timestamp()"
    " where webhook_id = :webhook and state = 'pending'"
)
_STANDING = text(
    "select platform_id, count(*) filter (where disabled) as disabled,"
    " count(*) filter (where failing and not disabled) as failing,"
    " count(*) filter (where not failing and not disabled) as taking from"
    " (select w.platform_id, w.disabled_at is not null as disabled,"
    "  exists (select from webhook_deliveries d where d.webhook_id = w.webhook_id"
    "  and d.state = 'pending' and d.attempts > 0) as failing"
    "  from webhooks w where w.deleted_at is null) standing group by platform_id"
)
_OLDEST = text(
    "select greatest(coalesce(extract(epoch from clock_timestamp() - min(first.next_attempt_at)),"
    " 0), 0)::float8 from webhooks w cross join lateral"
    " (select next_attempt_at from webhook_deliveries d where d.webhook_id = w.webhook_id"
    "  and d.state = 'pending' order by next_attempt_at limit 1) first"
    " where w.deleted_at is null and w.disabled_at is null"
)

"""Rows of reviewers, sessions and failed log-ins, for the worker's role but for colleagues."""

from collections.abc import Sequence
from datetime import datetime

import orjson
from sqlalchemy import text

from services.review.database.session import Session
from services.review.reviewers.models import Reviewer


async def find_by_email(session: Session, email: str) -> Reviewer | None:
    row = (await session.execute(_BY_EMAIL, {"email": email.lower()})).mappings().first()
    return Reviewer(**row) if row is not None else None


async def find_colleague(session: Session, who: str) -> Reviewer | None:
    """By id or e-mail, as one reviewer may see another: without the hash of the password."""
    row = (await session.execute(_COLLEAGUE, {"who": who, "email": who.lower()})).mappings().first()
    return Reviewer(**row, password_hash="") if row is not None else None


async def list_reviewers(session: Session) -> list[Reviewer]:
    return [Reviewer(**row) for row in (await session.execute(_LIST)).mappings()]


async def insert_reviewer(session: Session, reviewer: Reviewer) -> None:
    await session.execute(_INSERT, {"row": orjson.dumps(reviewer.model_dump()).decode()})


async def list_platform_ids(session: Session) -> list[str]:
    return list((await session.execute(_PLATFORMS)).scalars())


async def begin_attempt(session: Session, names: Sequence[str], minutes: float) -> datetime:
    """Counts an attempt before its outcome is known, so that many at once count too. Those that
    are over are swept away. When it was, by which it can be taken back.
    """
    await session.execute(_SWEEP_ATTEMPTS, {"minutes": minutes})
    found = await session.execute(_BEGIN, {"names": list(names)})
    at: datetime = found.scalars().all()[0]
    return at


async def attempts(session: Session, name: str, minutes: float) -> int:
    """Attempts of the last minutes that did not succeed, or have not yet."""
    found = await session.execute(_COUNT, {"name": name, "minutes": minutes})
    return int(found.scalar_one())


async def forget_attempt(session: Session, names: Sequence[str], at: datetime) -> None:
    """This one counts no more: it was not heard, or it succeeded."""
    await session.execute(_FORGET, {"names": list(names), "at": at})


async def is_known(session: Session, pair: str) -> bool:
    """Whether this person has logged in from this network in the last ninety days."""
    return (await session.execute(_IS_KNOWN, {"pair": pair})).first() is not None


async def remember_pair(session: Session, pair: str) -> None:
    """This person has logged in from this network: mistakes made before are forgotten."""
    await session.execute(_FORGET_PAIR, {"pair": pair})
    await session.execute(_REMEMBER, {"pair": pair})


async def insert_session(
    session: Session,
    *,
    token_sha256: str,
    reviewer_id: str,
    csrf_token: str,
    hours: float,
) -> datetime:
    """When it expires, by the database's clock. Sessions that are over are swept away with it."""
    await session.execute(_SWEEP)
    found = await session.execute(
        _INSERT_SESSION,
        {"sha": token_sha256, "reviewer": reviewer_id, "csrf": csrf_token, "hours": hours},
    )
    expires_at: datetime = found.scalar_one()
    return expires_at


async def find_session(
    session: Session, token_sha256: str
) -> tuple[Reviewer, str, list[str]] | None:
    """The active reviewer of a session that is not over, its CSRF token, and all platforms."""
    row = (await session.execute(_FIND_SESSION, {"sha": token_sha256})).mappings().first()
    if row is None:
        return None
    facts = dict(row)
    csrf_token, platforms = facts.pop("csrf_token"), facts.pop("all_platforms")
    return Reviewer(**facts), csrf_token, platforms


async def delete_session(session: Session, token_sha256: str) -> None:
    await session.execute(_DELETE_SESSION, {"sha": token_sha256})


_SEEN_BY_OTHERS = (
    "reviewer_id, email, name, roles, reviewers.platforms, queues, languages, clearance, locale,"
    " active"
)
_COLUMNS = f"{_SEEN_BY_OTHERS}, password_hash"
_BY_EMAIL = text(f"select {_COLUMNS} from reviewers where email = :email")
_COLLEAGUE = text(
    f"select {_SEEN_BY_OTHERS} from reviewers where reviewer_id = :who or email = :email"
    " order by reviewer_id = :who desc limit 1"
)
_LIST = text(f"select {_COLUMNS} from reviewers order by email")
_INSERT = text(
    "insert into reviewers (reviewer_id, email, name, roles, platforms, queues, languages,"
    f" clearance, locale, active, password_hash) select {_COLUMNS}"
    " from jsonb_populate_record(null::reviewers, cast(:row as jsonb)) reviewers"
)
_PLATFORMS = text("select platform_id from platforms where active order by platform_id")
_WITHIN = "make_interval(secs => 60 * cast(:minutes as double precision))"
_BEGIN = text("insert into login_failures (who) select unnest(cast(:names as text[])) returning at")
_SWEEP_ATTEMPTS = text(f"delete from login_failures where at < now() - {_WITHIN}")
_COUNT = text(f"select count(*) from login_failures where who = :name and at > now() - {_WITHIN}")
_FORGET = text("delete from login_failures where who = any(:names) and at = :at")
_FORGET_PAIR = text("delete from login_failures where who = :pair")
_IS_KNOWN = text(
    "select 1 from login_networks where pair = :pair and seen_at > now() - interval '90 days'"
)
_REMEMBER = text(
    "insert into login_networks (pair) values (:pair)"
    " on conflict (pair) do update set seen_at = now()"
)
_SWEEP = text("delete from sessions where expires_at < now()")
_INSERT_SESSION = text(
    "insert into sessions (token_sha256, reviewer_id, csrf_token, expires_at) values"
    " (:sha, :reviewer, :csrf,"
    " now() + make_interval(secs => 3600 * cast(:hours as double precision)))"
    " returning expires_at"
)
# One statement: it runs before every request.
_FIND_SESSION = text(
    f"select {_COLUMNS}, csrf_token,"
    " array(select platform_id from platforms p where p.active order by platform_id)"
    " as all_platforms"
    " from reviewers join sessions using (reviewer_id)"
    " where token_sha256 = :sha and expires_at > now() and active"
)
_DELETE_SESSION = text("delete from sessions where token_sha256 = :sha")

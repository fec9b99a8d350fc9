"""Log-in, sessions, and adding reviewers."""

import hashlib
import secrets
from collections.abc import Sequence

from services.review.audit import service as audit
from services.review.audit.models import Act, Actor, ActorKind
from services.review.database.engine import Database
from services.review.database.session import Session
from services.review.errors import TooMany, Unauthenticated
from services.review.reviewers import repository
from services.review.reviewers.attempts import WINDOW_MINUTES, Attempt, attempt
from services.review.reviewers.models import NewSession, Reviewer, Viewer
from services.review.reviewers.passwords import Passwords, hashed
from services.review.reviewers.rules import ALL, Role
from shared.clock import NewId
from shared.contracts.identifiers import PlatformId

_passwords = Passwords()


async def log_in(
    database: Database, email: str, password: str, *, address: str, hours: float
) -> NewSession:
    """A new session of `hours`. An attempt is counted until it succeeds, see `attempts`.

    Raises Unauthenticated (the same for a wrong password and an unknown e-mail, after the same
    time) or TooMany.
    """
    tried = attempt(email, address)
    async with database.as_worker() as session:
        began = await repository.begin_attempt(session, tried.names, WINDOW_MINUTES)
    async with database.as_worker() as session:
        refused = await _too_many(session, tried)
        if refused:
            await repository.forget_attempt(session, tried.names, began)
        reviewer = await repository.find_by_email(session, email)
    if refused:
        raise TooMany(
            "too_many_attempts",
            "Too many log-ins failed. Wait before the next one.",
            facts={"retry_after": int(WINDOW_MINUTES * 60)},
        )
    # Outside of any transaction: argon2 takes its time.
    known = reviewer.password_hash if reviewer is not None and reviewer.active else None
    if not await _passwords.matches(password, known) or reviewer is None:
        raise Unauthenticated("bad_credentials", "The e-mail or the password is wrong.")
    token = f"mz_sess_{secrets.token_urlsafe(32)}"
    csrf_token = secrets.token_urlsafe(24)
    async with database.as_worker() as session:
        await repository.forget_attempt(session, tried.names, began)
        await repository.remember_pair(session, tried.pair)
        expires_at = await repository.insert_session(
            session,
            token_sha256=_sha256(token),
            reviewer_id=reviewer.reviewer_id,
            csrf_token=csrf_token,
            hours=hours,
        )
        platforms = await repository.list_platform_ids(session)
        viewer = _viewer(reviewer, platforms, csrf_token, _sha256(token))
        await audit.record(session, [Act(action="logged_in", actor=viewer.actor)])
    return NewSession(token, csrf_token, expires_at, viewer)


async def find_viewer(database: Database, token: str) -> Viewer | None:
    """Who the session belongs to; None when it is over, unknown, or the person is not active.

    Roles and grants are read anew with each request: what is taken away stops at once.
    """
    async with database.as_worker() as session:
        found = await repository.find_session(session, _sha256(token))
        if found is None:
            return None
        reviewer, csrf_token, platforms = found
        return _viewer(reviewer, platforms, csrf_token, _sha256(token))


async def log_out(database: Database, viewer: Viewer) -> None:
    """Ends this session; other sessions of the person stay."""
    async with database.as_worker() as session:
        await repository.delete_session(session, viewer.session_sha256)
        await audit.record(session, [Act(action="logged_out", actor=viewer.actor)])


async def add_reviewer(
    session: Session, reviewer: Reviewer, *, password: str, by: Actor | None = None
) -> bool:
    """Adds the reviewer, whose `password_hash` is set here. False when the e-mail is there
    already: nothing is changed then. Blocks for the hash.
    """
    reviewer.email = reviewer.email.lower()
    if await repository.find_by_email(session, reviewer.email) is not None:
        return False
    reviewer.password_hash = hashed(password)
    await repository.insert_reviewer(session, reviewer)
    facts = Act(
        action="reviewer_added",
        actor=by or Actor(ActorKind.OPERATOR, "command_line"),
        after={"reviewer": reviewer.reviewer_id, "roles": [*reviewer.roles]},
    )
    await audit.record(session, [facts])
    return True


def new_reviewer(new_id: NewId, *, email: str, name: str, roles: list[Role]) -> Reviewer:
    """Granted everything; narrow the grants before it is added."""
    return Reviewer(
        reviewer_id=new_id("rev"),
        email=email,
        name=name,
        password_hash="",
        roles=[str(role) for role in roles],
        platforms=[ALL],
        queues=[ALL],
        languages=[ALL],
    )


async def _too_many(session: Session, tried: Attempt) -> bool:
    known = await repository.is_known(session, tried.pair)
    for name, most in tried.limits(known=known).items():
        if await repository.attempts(session, name, WINDOW_MINUTES) > most:
            return True
    return False


def _viewer(
    reviewer: Reviewer, known: Sequence[str], csrf_token: str, session_sha256: str
) -> Viewer:
    everywhere = ALL in reviewer.platforms
    return Viewer(
        reviewer_id=reviewer.reviewer_id,
        email=reviewer.email,
        name=reviewer.name,
        roles=tuple(Role(role) for role in reviewer.roles),
        platforms=tuple(
            PlatformId(found) for found in known if everywhere or found in reviewer.platforms
        ),
        queues=tuple(reviewer.queues),
        languages=tuple(reviewer.languages),
        clearance=reviewer.clearance,
        locale=reviewer.locale,
        csrf_token=csrf_token,
        session_sha256=session_sha256,
    )


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

"""Platforms, their keys and organisations, as an operator changes them.

Each change, its audit entry and the record for the report edge commit together.
"""

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import RowMapping, text

from services.review.audit import service as audit
from services.review.audit.models import Act, Actor, ActorKind
from services.review.database.session import Session
from services.review.errors import Conflict, NotFound
from services.review.platforms.reference import publish_platform
from shared.contracts.identifiers import Environment, PlatformId
from shared.contracts.reference import Scope
from shared.contracts.report import ReporterKind

OPERATOR = Actor(ActorKind.OPERATOR, "command-line")


@dataclass(frozen=True)
class NewKey:
    """`key` is shown once; only its digest is kept."""

    key_id: str
    environment: Environment
    key: str


async def add_platform(session: Session, platform_id: str, name: str) -> list[NewKey]:
    """With a live and a test key. Raises Conflict for one that is there."""
    made = await session.execute(_ADD, {"platform": platform_id, "name": name})
    if made.first() is None:
        raise Conflict("platform_exists", f"The platform {platform_id} is there already.")
    keys = [await _add_key(session, platform_id, environment) for environment in Environment]
    await _record(session, "platform_added", platform_id)
    await publish_platform(session, platform_id)
    return keys


async def rotate_key(
    session: Session, platform_id: str, environment: Environment, *, revoke: bool
) -> NewKey:
    """A new key; with `revoke` all earlier ones of the environment stop within seconds."""
    known = await session.execute(_KNOWN, {"platform": platform_id})
    if known.first() is None:
        raise NotFound("platform_not_found", f"There is no platform {platform_id}.")
    if revoke:
        await session.execute(_REVOKE, {"platform": platform_id, "environment": str(environment)})
        await _record(session, "keys_revoked", platform_id)
    key = await _add_key(session, platform_id, environment)
    await _record(session, "key_added", platform_id)
    await publish_platform(session, platform_id)
    return key


async def add_organisation(
    session: Session, platform_id: str, organisation_id: str, name: str, kind: ReporterKind
) -> None:
    """A trusted flagger or authority of a platform; again changes its name and kind."""
    known = await session.execute(_KNOWN, {"platform": platform_id})
    if known.first() is None:
        raise NotFound("platform_not_found", f"There is no platform {platform_id}.")
    await session.execute(
        _ORGANISATION,
        {"platform": platform_id, "id": organisation_id, "name": name, "kind": str(kind)},
    )
    await _record(session, "organisation_added", platform_id)
    await publish_platform(session, platform_id)


async def limit_platform(session: Session, platform_id: str, reports_per_second: float) -> None:
    """How many reports a second each key of the platform may send, from within seconds on."""
    found = await session.execute(_LIMIT, {"platform": platform_id, "limit": reports_per_second})
    if found.first() is None:
        raise NotFound("platform_not_found", f"There is no platform {platform_id}.")
    await _record(session, "platform_limited", platform_id)
    await publish_platform(session, platform_id)


async def list_platforms(session: Session) -> list[RowMapping]:
    """With the number of living keys of each environment."""
    return list((await session.execute(_LIST)).mappings())


async def _add_key(session: Session, platform_id: str, environment: Environment) -> NewKey:
    key_id = secrets.token_hex(6)
    key = f"mz_{environment}_{key_id}_{secrets.token_hex(24)}"
    await session.execute(
        _ADD_KEY,
        {
            "key": key_id,
            "platform": platform_id,
            "environment": str(environment),
            "digest": hashlib.sha256(key.encode()).hexdigest(),
            "scopes": sorted(scope.value for scope in Scope),
        },
    )
    return NewKey(key_id, environment, key)


async def _record(session: Session, action: str, platform_id: str) -> None:
    act = Act(action=action, actor=OPERATOR, after={"platform": PlatformId(platform_id)})
    await audit.record(session, [act])


_ADD = text(
    "insert into platforms (platform_id, name) values (:platform, :name)"
    " on conflict do nothing returning platform_id"
)
_KNOWN = text("select 1 from platforms where platform_id = :platform for update")
_ADD_KEY = text(
    "insert into api_keys (key_id, platform_id, environment, secret_sha256, scopes)"
    " values (:key, :platform, :environment, :digest, :scopes)"
)
_REVOKE = text(
    "update api_keys set revoked_at = now() where platform_id = :platform"
    " and environment = :environment and revoked_at is null"
)
_ORGANISATION = text(
    "insert into organisations (platform_id, organisation_id, name, kind)"
    " values (:platform, :id, :name, :kind) on conflict (platform_id, organisation_id)"
    " do update set name = excluded.name, kind = excluded.kind"
)
_LIMIT = text(
    "update platforms set reports_per_second = :limit where platform_id = :platform"
    " returning platform_id"
)
_LIST = text(
    "select p.platform_id, p.name, p.active,"
    " count(k.key_id) filter (where k.environment = 'live') as live_keys,"
    " count(k.key_id) filter (where k.environment = 'test') as test_keys"
    " from platforms p left join api_keys k"
    " on k.platform_id = p.platform_id and k.revoked_at is null"
    " group by p.platform_id order by p.platform_id"
)

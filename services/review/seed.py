"""Fills a new database: queues, policies, and the platforms and reviewers of a file.

Again is safe: what was edited or revoked since stays as it is. Only a reviewer's password becomes
that of the file.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from sqlalchemy import text

from services.review.audit import service as audit
from services.review.audit.models import Act, Actor, ActorKind
from services.review.database.engine import Database
from services.review.database.session import Session
from services.review.platforms.reference import publish_platform, publish_policy
from services.review.policies.defaults import default_policies, default_queues
from services.review.policies.repository import (
    insert_policies,
    insert_queues,
    list_policies,
    list_queues,
)
from services.review.reviewers.passwords import Passwords, hashed
from services.review.reviewers.rules import Role
from services.review.settings import Settings
from shared.clock import new_id
from shared.contracts.identifiers import Environment, OrganisationId, PlatformId, derived_id
from shared.contracts.reference import Scope
from shared.contracts.report import ReporterKind
from shared.errors import Permanent
from shared.observability.logging import logger

ACTOR = Actor(ActorKind.OPERATOR, "seed")

log = logger(__name__)


class BadSeed(Permanent):
    """The file is not a seed."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class SeedOrganisation(_Strict):
    organisation_id: OrganisationId
    name: str
    kind: Literal[ReporterKind.TRUSTED_FLAGGER, ReporterKind.AUTHORITY]


class SeedPlatform(_Strict):
    platform_id: PlatformId
    name: str
    api_key: SecretStr
    test_key: SecretStr
    organisations: tuple[SeedOrganisation, ...] = ()


class SeedReviewer(_Strict):
    email: str
    name: str
    password: SecretStr
    roles: tuple[Role, ...]
    languages: tuple[str, ...] = ("*",)
    locale: Literal["en", "ur", "ar"] = "en"


class Seed(_Strict):
    platforms: tuple[SeedPlatform, ...] = ()
    reviewers: tuple[SeedReviewer, ...] = ()


async def seed_file(settings: Settings, file: Path) -> None:
    """All in one transaction. Raises BadSeed for a file that cannot be read as one."""
    seed = _read(file)
    database = Database(settings.database_url.get_secret_value(), pool_size=1, application="seed")
    try:
        async with database.as_worker() as session:
            await session.execute(_ONE_AT_A_TIME)
            await _seed_policies(session)
            for platform in seed.platforms:
                await _seed_platform(session, platform)
            for reviewer in seed.reviewers:
                await _seed_reviewer(session, reviewer)
    finally:
        await database.close()
    log.info("seeded", platforms=len(seed.platforms), reviewers=len(seed.reviewers))


def _read(file: Path) -> Seed:
    try:
        return Seed.model_validate_json(file.read_bytes())
    except OSError as error:
        raise BadSeed(f"{file}: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = "/".join(str(part) for part in first["loc"])
        raise BadSeed(f"{file}: /{place}: {first['type']}") from None


async def _seed_policies(session: Session) -> None:
    queues, policies = await list_queues(session), await list_policies(session)
    await insert_queues(session, [q for q in default_queues() if q.queue_id not in queues])
    new = [policy for policy in default_policies() if policy.policy_id not in policies]
    await insert_policies(session, new)
    acts = [_act("policy_added", {"policy": p.policy_id, "revision": p.revision}) for p in new]
    await audit.record(session, acts)
    for policy_id in sorted({*policies, *(policy.policy_id for policy in new)}):
        await publish_policy(session, policy_id)


async def _seed_platform(session: Session, platform: SeedPlatform) -> None:
    added = await session.execute(
        _ADD_PLATFORM, {"platform": platform.platform_id, "name": platform.name}
    )
    if added.first() is not None:
        await audit.record(session, [_act("platform_added", {"platform": platform.platform_id})])
    for environment, key in (
        (Environment.LIVE, platform.api_key),
        (Environment.TEST, platform.test_key),
    ):
        digest = hashlib.sha256(key.get_secret_value().encode()).hexdigest()
        key_id = derived_id("key", digest)
        made = await session.execute(
            _ADD_KEY,
            {
                "key": key_id,
                "platform": platform.platform_id,
                "environment": str(environment),
                "digest": digest,
                "scopes": sorted(scope.value for scope in Scope),
            },
        )
        if made.first() is not None:
            facts = {"platform": str(platform.platform_id), "key": key_id}
            await audit.record(session, [_act("key_added", facts)])
    for organisation in platform.organisations:
        await _seed_organisation(session, platform.platform_id, organisation)
    await publish_platform(session, platform.platform_id)


async def _seed_organisation(
    session: Session, platform: PlatformId, organisation: SeedOrganisation
) -> None:
    made = await session.execute(
        _ADD_ORGANISATION,
        {
            "platform": platform,
            "id": organisation.organisation_id,
            "name": organisation.name,
            "kind": str(organisation.kind),
        },
    )
    if made.first() is not None:
        facts = {"platform": str(platform), "organisation": str(organisation.organisation_id)}
        await audit.record(session, [_act("organisation_added", facts)])


async def _seed_reviewer(session: Session, reviewer: SeedReviewer) -> None:
    email, password = reviewer.email.lower(), reviewer.password.get_secret_value()
    known = (await session.execute(_FIND_REVIEWER, {"email": email})).one_or_none()
    if known is None:
        reviewer_id = new_id("rvr")
        await session.execute(
            _ADD_REVIEWER,
            {
                "id": reviewer_id,
                "email": email,
                "name": reviewer.name,
                "hash": hashed(password),
                "roles": [str(role) for role in reviewer.roles],
                "languages": list(reviewer.languages),
                "locale": reviewer.locale,
            },
        )
        await audit.record(session, [_act("reviewer_added", {"reviewer": reviewer_id})])
    elif not await Passwords().matches(password, known.password_hash):
        await session.execute(_SET_PASSWORD, {"id": known.reviewer_id, "hash": hashed(password)})
        await audit.record(session, [_act("password_set", {"reviewer": known.reviewer_id})])


def _act(action: str, facts: Mapping[str, str | int]) -> Act:
    return Act(action=action, actor=ACTOR, after={**facts})


_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtext('mizan seed'))")
_ADD_PLATFORM = text(
    "insert into platforms (platform_id, name) values (:platform, :name)"
    " on conflict do nothing returning platform_id"
)
_ADD_KEY = text(
    "insert into api_keys (key_id, platform_id, environment, secret_sha256, scopes)"
    " values (:key, :platform, :environment, :digest, :scopes)"
    " on conflict do nothing returning key_id"
)
_ADD_ORGANISATION = text(
    "insert into organisations (platform_id, organisation_id, name, kind)"
    " values (:platform, :id, :name, :kind) on conflict do nothing returning organisation_id"
)
_FIND_REVIEWER = text("select reviewer_id, password_hash from reviewers where email = :email")
_ADD_REVIEWER = text(
    "insert into reviewers (reviewer_id, email, name, password_hash, roles, languages, locale)"
    " values (:id, :email, :name, :hash, :roles, :languages, :locale)"
)
_SET_PASSWORD = text("update reviewers set password_hash = :hash where reviewer_id = :id")

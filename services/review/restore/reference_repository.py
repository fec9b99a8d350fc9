"""Rows of platforms, keys and policies that are older than what the topics say."""

import orjson
from sqlalchemy import text

from services.review.database.session import Session
from shared.contracts.codec import encode
from shared.contracts.reference import PlatformRecord, PolicyRecord
from shared.contracts.topics import PLATFORMS, POLICIES


async def take_platform(session: Session, record: PlatformRecord) -> bool:
    """False when the database is as new. Keys that were revoked stay so, whoever is newer."""
    values = {"platform": record.platform_id, "keys": _keys(record)}
    newer = (
        await session.execute(
            _PLATFORM,
            {
                **values,
                "revision": record.revision,
                "name": record.name,
                "active": record.active,
                "reports": record.reports_per_second,
                "appeals": record.appeals_per_second,
            },
        )
    ).first() is not None
    await session.execute(_REVOKE, values)
    if newer:
        await session.execute(_KEYS, values)
        await session.execute(
            _ORGANISATIONS,
            {
                "platform": record.platform_id,
                "organisations": orjson.dumps(
                    [one.model_dump(mode="json") for one in record.organisations]
                ).decode(),
            },
        )
        await _take_record(session, PLATFORMS.name, record.platform_id, record)
    return newer


async def take_policy(session: Session, record: PolicyRecord) -> bool:
    """False when the database is as new."""
    known = await session.execute(_KNOWN_POLICY, {"id": record.policy_id})
    if (known.scalar() or 0) >= record.revision:
        return False
    fields = record.model_dump(mode="json", exclude={"schema_version"})
    await session.execute(_POLICY, {"row": orjson.dumps(fields).decode()})
    await _take_record(session, POLICIES.name, record.policy_id, record)
    return True


async def _take_record(
    session: Session, topic: str, record_id: str, record: PlatformRecord | PolicyRecord
) -> None:
    await session.execute(
        _RECORD,
        {
            "topic": topic,
            "id": record_id,
            "revision": record.revision,
            "payload": encode(record).decode(),
        },
    )


def _keys(record: PlatformRecord) -> str:
    return orjson.dumps([key.model_dump(mode="json") for key in record.keys]).decode()


_PLATFORM = text(
    "insert into platforms (platform_id, name, active, reports_per_second, appeals_per_second,"
    " revision) values (:platform, :name, :active, :reports, :appeals, :revision)"
    " on conflict (platform_id) do update set name = excluded.name, active = excluded.active,"
    " reports_per_second = excluded.reports_per_second,"
    " appeals_per_second = excluded.appeals_per_second, revision = excluded.revision"
    " where platforms.revision < excluded.revision returning platform_id"
)
_TOLD_KEYS = (
    "jsonb_to_recordset(cast(:keys as jsonb)) as told (key_id text, environment text,"
    " secret_sha256 text, scopes text[], revoked_at timestamptz)"
)
_REVOKE = text(
    f"update api_keys k set revoked_at = told.revoked_at from {_TOLD_KEYS}"
    " where k.key_id = told.key_id and k.platform_id = :platform"
    " and k.revoked_at is null and told.revoked_at is not null"
)
_KEYS = text(
    "insert into api_keys (key_id, platform_id, environment, secret_sha256, scopes, revoked_at)"
    " select key_id, :platform, environment, secret_sha256, scopes, revoked_at"
    f" from {_TOLD_KEYS} on conflict (key_id) do nothing"
)
_ORGANISATIONS = text(
    "insert into organisations (platform_id, organisation_id, name, kind)"
    " select :platform, organisation_id, name, kind"
    " from jsonb_to_recordset(cast(:organisations as jsonb))"
    " as told (organisation_id text, name text, kind text)"
    " on conflict (platform_id, organisation_id)"
    " do update set name = excluded.name, kind = excluded.kind"
)
_KNOWN_POLICY = text("select max(revision) from policies where policy_id = :id")
_POLICY = text(
    "insert into policies (policy_id, revision, title, text, severity, queue_id, actions,"
    " standing_days, reopen_reporters, appeal_days, active)"
    " select policy_id, revision, title, text, severity, queue_id, actions, standing_days,"
    " reopen_reporters, appeal_days, active"
    " from jsonb_to_record(cast(:row as jsonb)) as told (policy_id text, revision int, title text,"
    " text text, severity float8, queue_id text, actions jsonb, standing_days int,"
    " reopen_reporters int, appeal_days int, active boolean)"
)
_RECORD = text(
    "insert into reference_records (topic, record_id, revision, payload, published_revision)"
    " values (:topic, :id, :revision, cast(:payload as jsonb), :revision)"
    " on conflict (topic, record_id) do update set revision = excluded.revision,"
    " payload = excluded.payload, published_revision = excluded.published_revision"
    " where reference_records.revision < excluded.revision"
)

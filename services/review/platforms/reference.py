"""What the report edge and the scoring workers should know: written here, published by a relay."""

from sqlalchemy import text

from services.review.database.session import Session
from services.review.errors import NotFound
from shared.contracts.codec import encode
from shared.contracts.reference import PlatformRecord, PolicyRecord
from shared.contracts.topics import PLATFORMS, POLICIES


async def publish_platform(session: Session, platform_id: str) -> int:
    """Writes the platform with its keys and organisations as they are in this transaction.

    Call it after every change of them, in the same transaction. The revision grows with every
    change and stays when there is none; it is returned. Raises NotFound.
    """
    platform = (
        (await session.execute(_LOCK_PLATFORM, {"platform": platform_id})).mappings().one_or_none()
    )
    if platform is None:
        raise NotFound("platform_not_found", "There is no such platform.")
    keys = (await session.execute(_KEYS, {"platform": platform_id})).mappings()
    organisations = (await session.execute(_ORGANISATIONS, {"platform": platform_id})).mappings()
    record = PlatformRecord.model_validate(
        {
            **platform,
            "keys": tuple(keys),
            "organisations": tuple(organisations),
        }
    )
    known = (await session.execute(_PUBLISHED_PLATFORM, {"platform": platform_id})).scalar()
    if known is not None and PlatformRecord.model_validate(known) == record:
        return record.revision
    if known is not None:
        record = record.model_copy(update={"revision": record.revision + 1})
        await session.execute(
            _SAVE_REVISION, {"platform": platform_id, "revision": record.revision}
        )
    await session.execute(
        _PUBLISH,
        {
            "topic": PLATFORMS.name,
            "record": platform_id,
            "revision": record.revision,
            "payload": encode(record).decode(),
        },
    )
    return record.revision


async def publish_policy(session: Session, policy_id: str) -> int:
    """Writes the revision of the policy that is in force; returns it. Raises NotFound."""
    policy = (await session.execute(_POLICY, {"policy": policy_id})).mappings().one_or_none()
    if policy is None:
        raise NotFound("policy_not_found", "There is no such policy.")
    record = PolicyRecord.model_validate({**policy})
    await session.execute(
        _PUBLISH,
        {
            "topic": POLICIES.name,
            "record": policy_id,
            "revision": record.revision,
            "payload": encode(record).decode(),
        },
    )
    return record.revision


_LOCK_PLATFORM = text(
    "select platform_id, revision, name, active, reports_per_second, appeals_per_second"
    " from platforms where platform_id = :platform for update"
)
_KEYS = text(
    "select key_id, environment, secret_sha256, scopes, revoked_at from api_keys"
    " where platform_id = :platform order by key_id"
)
_ORGANISATIONS = text(
    "select organisation_id, name, kind from organisations"
    " where platform_id = :platform order by organisation_id"
)
_PUBLISHED_PLATFORM = text(
    f"select payload from reference_records where topic = '{PLATFORMS.name}'"  # noqa: S608 — a constant of ours
    " and record_id = :platform"
)
_SAVE_REVISION = text("update platforms set revision = :revision where platform_id = :platform")
_POLICY = text(
    "select policy_id, revision, title, text, severity, queue_id, actions, standing_days,"
    " reopen_reporters, appeal_days, active from policies where policy_id = :policy"
    " order by revision desc limit 1"
)
_PUBLISH = text(
    "insert into reference_records (topic, record_id, revision, payload)"
    " values (:topic, :record, :revision, cast(:payload as jsonb))"
    " on conflict (topic, record_id) do update set"
    " revision = excluded.revision, payload = excluded.payload"
    " where reference_records.revision < excluded.revision"
)

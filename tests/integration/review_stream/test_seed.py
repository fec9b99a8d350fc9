"""A seeded database has what api.md names, and seeding again takes nothing back."""

import hashlib
import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.review.database.engine import Database
from services.review.platforms.reference import publish_platform
from services.review.policies.repository import list_policies
from services.review.reviewers.passwords import Passwords
from services.review.seed import BadSeed, seed_file
from services.review.settings import Settings
from shared.contracts.reference import PlatformRecord, PolicyRecord
from tests.integration.review_stream.parts import execute, fetch, opened

POLICIES = {
    "terrorism",
    "violence",
    "threat",
    "hate",
    "harassment",
    "sexual",
    "child_safety",
    "intimate_images",
    "self_harm",
    "trafficking",
    "fraud",
    "spam",
    "impersonation",
    "privacy",
    "intellectual_property",
    "illegal_goods",
    "elections",
    "misinformation",
    "other",
}
PLATFORM = {"platform_id": "x", "name": "X", "api_key": "mz_live_1", "test_key": "mz_test_1"}
SEED = {
    "platforms": [PLATFORM],
    "reviewers": [
        {
            "email": "Amina@mizan.example",
            "name": "Amina",
            "password": "open sesame",
            "roles": ["reviewer"],
            "languages": ["en", "ur"],
            "locale": "ur",
        }
    ],
}
TABLES = (
    "queues",
    "policies",
    "platforms",
    "api_keys",
    "reviewers",
    "reference_records",
    "audit_outbox",
)


def settings(url: str) -> Settings:
    return Settings(database_url=SecretStr(url), cursor_key=SecretStr("k" * 16))


async def seed(url: str, folder: Path, content: object = SEED) -> None:
    file = folder / "seed.json"
    file.write_text(json.dumps(content))
    await seed_file(settings(url), file)


async def counts(url: str) -> dict[str, object]:
    return {table: (await fetch(url, f"select count(*) from {table}"))[0][0] for table in TABLES}


async def records(url: str, topic: str) -> list[tuple[object, ...]]:
    return await fetch(
        url,
        f"select payload, revision from reference_records where topic = '{topic}'",
    )


async def test_all_policies_and_their_queues_are_there_and_published(
    database_url: str, tmp_path: Path
) -> None:
    await seed(database_url, tmp_path)
    async with opened(database_url) as database, database.as_worker() as session:
        policies = await list_policies(session)
    assert set(policies) == POLICIES
    assert all(1 <= policy.severity <= 100 for policy in policies.values())
    assert all(set(p.actions) == {"content", "account", "group"} for p in policies.values())
    published = [
        PolicyRecord.model_validate_json(str(payload))
        for payload, _ in await records(database_url, "policies")
    ]
    assert {record.policy_id for record in published} == POLICIES
    special = "select queue_id, kind from queues where queue_id in ('escalations', 'appeals')"
    assert set(await fetch(database_url, special)) == {
        ("escalations", "cases"),
        ("appeals", "appeals"),
    }


async def test_the_platform_is_published_with_hashes_of_its_keys_and_no_key(
    database_url: str, tmp_path: Path
) -> None:
    await seed(database_url, tmp_path)
    ((payload, revision),) = await records(database_url, "platforms")
    record = PlatformRecord.model_validate_json(str(payload))
    assert (record.revision, revision) == (1, 1)
    assert {key.environment: key.secret_sha256 for key in record.keys} == {
        environment: hashlib.sha256(f"mz_{environment}_1".encode()).hexdigest()
        for environment in ("live", "test")
    }
    assert "mz_live_1" not in str(payload)


async def test_organisations_of_the_file_are_published_with_their_platform_and_added_once(
    database_url: str, tmp_path: Path
) -> None:
    authority = {"organisation_id": "ministry", "name": "Ministry", "kind": "authority"}
    content = {"platforms": [{**PLATFORM, "organisations": [authority]}]}
    await seed(database_url, tmp_path, content)
    await execute(database_url, "update organisations set name = 'renamed since'")
    await seed(database_url, tmp_path, content)
    ((payload, _),) = await records(database_url, "platforms")
    (organisation,) = PlatformRecord.model_validate_json(str(payload)).organisations
    assert organisation.organisation_id == "ministry"
    assert (organisation.kind, organisation.name) == ("authority", "renamed since")
    user = {"platforms": [{**PLATFORM, "organisations": [{**authority, "kind": "user"}]}]}
    with pytest.raises(BadSeed, match="/platforms/0/organisations/0/kind"):
        await seed(database_url, tmp_path, user)


async def test_a_reviewer_can_log_in_with_the_password_of_the_file(
    database_url: str, tmp_path: Path
) -> None:
    await seed(database_url, tmp_path)
    ((email, stored),) = await fetch(database_url, "select email, password_hash from reviewers")
    assert email == "amina@mizan.example"
    assert await Passwords().matches("open sesame", str(stored))
    assert not await Passwords().matches("open barley", str(stored))


async def test_seeding_again_changes_nothing_and_brings_no_revoked_key_back(
    database_url: str, tmp_path: Path
) -> None:
    await seed(database_url, tmp_path)
    before = await counts(database_url)
    await execute(database_url, "update api_keys set revoked_at = now() where environment = 'live'")
    await execute(
        database_url,
        "insert into policies select policy_id, 2, title, 'edited', severity, queue_id, actions,"
        " standing_days, reopen_reporters, appeal_days, active from policies"
        " where policy_id = 'spam'",
    )
    await seed(database_url, tmp_path)
    assert await counts(database_url) == {**before, "policies": 20}
    revoked = "select environment from api_keys where revoked_at is not null"
    assert await fetch(database_url, revoked) == [("live",)]
    newest = "select text from policies where policy_id = 'spam' order by revision desc limit 1"
    assert await fetch(database_url, newest) == [("edited",)]


async def published(database: Database) -> int:
    async with database.as_worker() as session:
        return await publish_platform(session, "x")


async def test_the_revision_of_a_platform_grows_with_every_change_and_not_without(
    database_url: str, tmp_path: Path
) -> None:
    await seed(database_url, tmp_path)
    async with opened(database_url) as database:
        assert await published(database) == 1
        await execute(database_url, "update api_keys set revoked_at = now()")
        assert await published(database) == 2
        await execute(database_url, "update platforms set active = false")
        assert await published(database) == 3
        assert await published(database) == 3
    ((payload, revision),) = await records(database_url, "platforms")
    record = PlatformRecord.model_validate_json(str(payload))
    assert (revision, record.revision, record.active) == (3, 3, False)
    assert all(key.revoked_at is not None for key in record.keys)


async def test_a_file_that_is_no_seed_is_refused_and_leaves_nothing(
    database_url: str, tmp_path: Path
) -> None:
    before = await counts(database_url)
    with pytest.raises(BadSeed, match="/reviewers/0/name: missing"):
        await seed(database_url, tmp_path, {**SEED, "reviewers": [{"email": "a"}]})
    assert await counts(database_url) == before

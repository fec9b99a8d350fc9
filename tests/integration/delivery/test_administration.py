"""Platforms and keys as an operator changes them."""

import asyncio
import hashlib
import json

import pytest

from services.review.errors import Conflict, NotFound, Unacceptable
from services.review.platforms.administration import add_platform, limit_platform, rotate_key
from services.review.policies.rules import Changes
from services.review.policies.service import change_policy
from shared.contracts.identifiers import Environment
from tests.integration.delivery.parts import World


async def test_a_new_platform_has_two_keys_of_which_only_digests_are_kept(world: World) -> None:
    async with world.database.as_worker() as session:
        live, test = await add_platform(session, "yt", "YouTube")
    assert live.key.startswith("mz_live_")
    assert test.key.startswith("mz_test_")
    kept = "select count(*) from api_keys where secret_sha256 = $1 and environment = 'live'"
    assert await world.value(kept, hashlib.sha256(live.key.encode()).hexdigest()) == 1
    assert await world.value("select count(*) from reference_records where record_id = 'yt'") == 1
    with pytest.raises(Conflict):
        async with world.database.as_worker() as session:
            await add_platform(session, "yt", "YouTube")


async def test_a_rotation_that_revokes_raises_the_revision_that_the_edge_reads(
    world: World,
) -> None:
    async with world.database.as_worker() as session:
        await add_platform(session, "yt", "YouTube")
    async with world.database.as_worker() as session:
        await rotate_key(session, "yt", Environment.LIVE, revoke=True)
    living = (
        "select count(*) from api_keys where platform_id = 'yt' and environment = 'live'"
        " and revoked_at is null"
    )
    assert await world.value(living) == 1
    assert await world.value("select revision from reference_records where record_id = 'yt'") == 2


async def test_a_limit_that_is_changed_reaches_the_edge_and_the_audit_trail(world: World) -> None:
    async with world.database.as_worker() as session:
        await add_platform(session, "yt", "YouTube")
    async with world.database.as_worker() as session:
        await limit_platform(session, "yt", 1500)
    record = "select payload from reference_records where record_id = 'yt'"
    published = json.loads(str(await world.value(record)))
    assert (published["revision"], published["reports_per_second"]) == (2, 1500.0)
    audited = "select count(*) from audit_outbox where entry::text like '%platform_limited%'"
    assert await world.value(audited) == 1
    with pytest.raises(NotFound):
        async with world.database.as_worker() as session:
            await limit_platform(session, "nobody", 1500)


async def test_a_change_of_a_policy_is_a_version_of_its_own_audited_and_published(
    world: World,
) -> None:
    changes: Changes = {
        "text": "What nobody asked for.",
        "queue_id": "other",
        "actions": {"content": ["remove", "label"]},
        "appeal_days": 90,
        "active": False,
    }
    async with world.database.as_worker() as session:
        assert await change_policy(session, "spam", changes) == (
            2,
            ["actions", "active", "appeal_days", "text"],
        )
    rows = await world.rows(
        "select revision, text, actions, appeal_days, active, severity from policies order by 1"
    )
    assert [tuple(row) for row in rows] == [
        (1, "...", "{}", 180, True, 2.0),
        (2, "What nobody asked for.", '{"content": ["remove", "label"]}', 90, False, 2.0),
    ]
    record = "select payload from reference_records where record_id = 'spam'"
    published = json.loads(str(await world.value(record)))
    assert (published["revision"], published["active"]) == (2, False)
    entry = json.loads(str(await world.value("select entry from audit_outbox")))
    assert (entry["action"], entry["actor"]) == ("policy_changed", "operator:command-line")


async def test_a_policy_set_to_what_it_is_gets_no_new_version(world: World) -> None:
    async with world.database.as_worker() as session:
        assert await change_policy(session, "spam", {"title": "Spam"}) == (1, [])
    assert await world.value("select count(*) from audit_outbox") == 0


async def test_a_policy_that_cannot_be_so_is_refused_with_all_that_is_wrong(world: World) -> None:
    changes: Changes = {"queue_id": "appeals", "actions": {"content": ["erase"]}}
    with pytest.raises(Unacceptable, match=r"no queue appeals.*no action erase"):
        async with world.database.as_worker() as session:
            await change_policy(session, "spam", changes)
    assert await world.value("select count(*) from policies") == 1


async def test_two_changes_at_once_become_two_versions(world: World) -> None:
    async def change(changes: dict[str, float]) -> None:
        async with world.database.as_worker() as session:
            await change_policy(session, "spam", changes)

    await asyncio.gather(change({"severity": 5.0}), change({"appeal_days": 30}))
    rows = await world.rows("select severity, appeal_days from policies where revision = 3")
    assert [tuple(row) for row in rows] == [(5.0, 30)]

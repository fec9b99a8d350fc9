"""Platforms and keys as an operator changes them."""

import hashlib

import pytest

from services.review.errors import Conflict
from services.review.platforms.administration import add_platform, rotate_key
from services.review.policies.commands import new_version
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


async def test_a_change_of_a_policy_is_a_version_of_its_own_and_is_published(world: World) -> None:
    async with world.database.as_worker() as session:
        assert await new_version(session, "spam", {"severity": 5.0, "active": False}) == 2
    rows = await world.rows("select revision, severity, active from policies order by revision")
    assert [tuple(row) for row in rows] == [(1, 2.0, True), (2, 5.0, False)]
    published = "select revision from reference_records where record_id = 'spam'"
    assert await world.value(published) == 2

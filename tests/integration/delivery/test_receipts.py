"""What a platform says that it did is kept once, word for word, and starts the time to appeal."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest

from tests.integration.delivery.parts import World
from tests.integration.delivery.test_platform_api import key, release, served

INFORMED = [{"party": "owner", "at": "2020-01-01T00:00:00Z"}]
RECEIPT = {
    "external_id": "r-1",
    "outcome": "enforced",
    "at": "2026-11-24T10:00:00Z",
    "informed": INFORMED,
}


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with served(world) as client:
        yield client


async def told_decision(world: World) -> str:
    decision = await world.decide(await world.case(), "remove")
    await release(world)
    return decision


async def give(
    api: httpx.AsyncClient, decision: str, name: str = "x", **changes: object
) -> httpx.Response:
    body = {**RECEIPT, **changes}
    return await api.post(f"/v1/decisions/{decision}/receipts", json=body, headers=key(name))


async def test_a_receipt_is_kept_once_and_any_other_under_its_id_is_refused(
    world: World, api: httpx.AsyncClient
) -> None:
    decision = await world.decide(await world.case(), "remove")
    assert (await give(api, decision)).status_code == 404
    await release(world)
    assert (await give(api, decision)).status_code == 201
    assert (await give(api, decision)).status_code == 201
    later = [{"party": "owner", "at": "2026-11-25T00:00:00Z"}]
    for change in ({"outcome": "declined"}, {"detail": "more"}, {"informed": later}):
        other = await give(api, decision, **change)
        assert (other.status_code, other.json()["code"]) == (409, "receipt_conflict")
    assert await world.value("select count(*) from receipts") == 1
    assert (await give(api, decision, "tg")).status_code == 404
    assert (await give(api, decision, "xt")).status_code == 404


async def test_the_time_to_appeal_runs_from_informing_and_is_never_made_shorter(
    world: World, api: httpx.AsyncClient
) -> None:
    decision = await told_decision(world)
    before = await world.value("select appeal_until from decisions")
    assert isinstance(before, datetime)
    early = await give(api, decision)
    assert datetime.fromisoformat(early.json()["appeal_until"]) == before
    await world.run("update decisions set decided_at = decided_at - interval '9 days',"
                    " appeal_until = appeal_until - interval '9 days'")  # fmt: skip
    day = (datetime.now(before.tzinfo) - timedelta(days=1)).replace(microsecond=0)
    told = [{"party": "owner", "at": day.isoformat()}]
    answer = await give(api, decision, external_id="r-2", informed=told)
    assert datetime.fromisoformat(answer.json()["appeal_until"]) == day + timedelta(days=180)


async def test_the_longest_time_to_appeal_of_its_policies_counts_as_it_was_in_force(
    world: World, api: httpx.AsyncClient
) -> None:
    decision = await told_decision(world)
    await world.run(
        "insert into policies (policy_id, revision, title, text, severity, queue_id, actions,"
        " standing_days, reopen_reporters, appeal_days)"
        " values ('hate', 1, 'H', '.', 2, 'other', '{}', 30, 10, 365),"
        " ('spam', 2, 'Spam', '.', 2, 'other', '{}', 30, 10, 900);"
        ' update decisions set policies = policies || \'[{"policy_id": "hate", "version": 1}]\''
    )
    now = datetime.now().astimezone().replace(microsecond=0)
    told = [{"party": "owner", "at": now.isoformat()}]
    answer = await give(api, decision, informed=told)
    assert datetime.fromisoformat(answer.json()["appeal_until"]) == now + timedelta(days=365)


async def test_a_receipt_is_in_the_audit_trail_once(world: World, api: httpx.AsyncClient) -> None:
    decision = await told_decision(world)
    await give(api, decision, detail="taken down by hand")
    await give(api, decision, detail="taken down by hand")
    (row,) = await world.rows(
        "select o.entry, p.private from audit_outbox o join audit_private p using (audit_id)"
        " where o.entry like '%receipt_given%'"
    )
    assert decision in row["entry"]
    assert "by hand" not in row["entry"]
    assert "by hand" in row["private"]


@pytest.mark.parametrize(
    "change",
    [
        {"at": "0001-01-01T00:00:00+14:00"},
        {"informed": [{"party": "owner", "at": "9999-12-31T23:59:59-14:00"}]},
        {"at": 1e12},
        {"at": None},
        {"outcome": "Enforced"},
        {"informed": INFORMED * 21},
        {"external_id": ""},
        {"external_id": "r" * 129},
        {"detail": "d" * 2001},
    ],
)
async def test_a_receipt_that_is_wrong_is_refused_and_leaves_nothing(
    world: World, api: httpx.AsyncClient, change: dict[str, object]
) -> None:
    decision = await told_decision(world)
    where = f"/v1/decisions/{decision}/receipts"
    answer = await api.post(where, json={**RECEIPT, **change}, headers=key())
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")
    assert await world.value("select count(*) from receipts") == 0
    assert (await give(api, decision, informed=None, detail=None)).status_code == 201

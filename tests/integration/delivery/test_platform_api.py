"""The review API for platforms: each sees its own, and nothing that was not sent."""

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import AsyncIterator

import httpx
import orjson
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from services.review.decisions.release import release_due
from services.review.settings import Settings
from tests.builders.applications import application
from tests.integration.delivery.parts import World
from tests.waiting import eventually

KEYS = {
    "x": ("x", "live"),
    "xt": ("x", "test"),
    "tg": ("tg", "live"),
}


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with served(world) as client:
        yield client


@contextlib.asynccontextmanager
async def served(world: World, **settings: object) -> AsyncIterator[httpx.AsyncClient]:
    """The application, and a key with all scopes for each of `KEYS`."""
    for name, (platform, environment) in KEYS.items():
        await world.run(
            "insert into api_keys (key_id, platform_id, environment, secret_sha256, scopes)"
            " values ($1, $2, $3, $4, '{reports,decisions,appeals,webhooks}')",
            name,
            platform,
            environment,
            hashlib.sha256(f"mz_{name}".encode()).hexdigest(),
        )
    chosen = Settings.model_validate(
        {
            "database_url": SecretStr(world.url),
            "cursor_key": SecretStr("0123456789abcdef"),
            "webhook_allow_loopback": True,
            **settings,
        }
    )
    transport = httpx.ASGITransport(app=application(chosen, world.database))
    async with httpx.AsyncClient(transport=transport, base_url="http://review") as client:
        yield client


def key(name: str = "x") -> dict[str, str]:
    return {"authorization": f"Bearer mz_{name}"}


async def release(world: World) -> None:
    async with world.database.as_worker() as session:
        await release_due(session, review_url="http://review", most=100)


async def test_a_report_is_decided_for_its_platform_only_when_the_event_was_sent(
    world: World, api: httpx.AsyncClient
) -> None:
    case = await world.case()
    queued = (await api.get(f"/v1/reports/rep_{case}", headers=key())).json()
    assert (queued["state"], queued["decision"], queued["case_id"]) == ("queued", None, case)
    decision = await world.decide(case, "remove")
    await world.run("update cases set state = 'decided'")
    waiting = (await api.get(f"/v1/reports/rep_{case}", headers=key())).json()
    assert (waiting["state"], waiting["decision"]) == ("in_review", None)
    await release(world)
    found = await api.get("/v1/reports", params={"external_id": f"ext-{case}"}, headers=key())
    assert found.json()["state"] == "decided"
    assert found.json()["decision"]["decision_id"] == decision


async def test_a_report_that_the_sink_does_not_have_yet_is_404_with_retry_after(
    api: httpx.AsyncClient,
) -> None:
    answer = await api.get("/v1/reports/rep_unknown", headers=key())
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["retry-after"] == "1"


async def test_many_reports_are_asked_for_at_once_and_each_is_as_it_is_alone(
    world: World, api: httpx.AsyncClient
) -> None:
    decided, waiting, foreign = [await world.case(name) for name in ("x", "x", "tg")]
    await world.decide(decided, "remove")
    await release(world)
    await world.run(
        'insert into dead_letters (topic, partition, "offset", origin_topic, origin_partition,'
        " origin_offset, cause, error, stack_hash, platform_id, environment, report_id)"
        " select 'reports.dead-letter', 0, n, 'reports', 0, n, 'c', 'e', 's', 'x', 'live', 'rep_q'"
        " from generate_series(1, 2) n"
    )
    asked = [f"rep_{decided}", f"rep_{waiting}", f"rep_{foreign}", "rep_q", "rep_unknown"]
    answer = await api.get("/v1/reports", params={"report_id": asked}, headers=key())
    items = {item["report_id"]: item for item in answer.json()["items"]}
    assert set(items) == {f"rep_{decided}", f"rep_{waiting}", "rep_q"}
    assert items["rep_q"]["state"] == "quarantined"
    assert items[f"rep_{decided}"]["decision"] is not None
    for name, item in items.items():
        assert (await api.get(f"/v1/reports/{name}", headers=key())).json() == item
    assert len(answer.json()["items"]) == 3
    many = await api.get("/v1/reports", params={"report_id": ["r"] * 101}, headers=key())
    assert many.status_code == 422


async def test_no_platform_sees_another_s_and_no_test_key_sees_live_traffic(
    world: World, api: httpx.AsyncClient
) -> None:
    case = await world.case()
    await world.decide(case, "remove")
    await release(world)
    made = await api.post(
        "/v1/webhooks",
        json={"url": "http://127.0.0.1:9/", "events": ["decision.made"]},
        headers=key(),
    )
    webhook = made.json()["webhook_id"]
    for stranger in ("tg", "xt"):
        assert (await api.get(f"/v1/reports/rep_{case}", headers=key(stranger))).status_code == 404
        assert (await api.get("/v1/decisions", headers=key(stranger))).json()["items"] == []
        assert (await api.get("/v1/webhooks", headers=key(stranger))).json()["items"] == []
        gone = await api.delete(f"/v1/webhooks/{webhook}", headers=key(stranger))
        assert gone.status_code == 404


async def test_the_feed_is_read_to_its_end_without_gaps_and_resumed(
    world: World, api: httpx.AsyncClient
) -> None:
    decisions = [await world.decide(await world.case(), "remove") for _ in range(5)]
    await release(world)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await api.get("/v1/decisions", params=params, headers=key())).json()
        seen += [event["data"]["decision_id"] for event in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == decisions
    late = await world.decide(await world.case(), "remove")
    await release(world)
    params = {"cursor": page["resume_cursor"]}
    more = (await api.get("/v1/decisions", params=params, headers=key())).json()
    assert [event["data"]["decision_id"] for event in more["items"]] == [late]
    stolen = await api.get("/v1/decisions", params=params, headers=key("tg"))
    assert (stolen.status_code, stolen.json()["code"]) == (400, "bad_cursor")


async def test_a_revoked_or_unknown_key_is_401_and_a_missing_scope_403(
    world: World, api: httpx.AsyncClient
) -> None:
    assert (await api.get("/v1/decisions")).status_code == 401
    assert (await api.get("/v1/decisions", headers=key("nobody"))).status_code == 401
    await world.run("update api_keys set scopes = '{reports}' where key_id = 'tg'")
    assert (await api.get("/v1/decisions", headers=key("tg"))).status_code == 403
    await world.run("update api_keys set revoked_at = now() where key_id = 'x'")
    assert (await api.get("/v1/decisions", headers=key())).status_code == 401


async def test_a_key_that_calls_too_often_is_told_to_wait_and_every_answer_says_what_is_left(
    world: World,
) -> None:
    async with served(world, platform_calls_per_second=0.2) as api:
        first = await api.get("/v1/decisions", headers=key())
        assert first.headers["RateLimit"] == '"status";r=1;t=5'
        assert first.headers["RateLimit-Policy"] == '"status";q=2;w=10'
        missing = await api.get("/v1/reports/rep_none", headers=key())
        assert (missing.status_code, missing.headers["RateLimit"][:12]) == (404, '"status";r=0')
        refused = await api.get("/v1/decisions", headers=key())
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert 1 <= int(refused.headers["Retry-After"]) <= 5
        assert (await api.get("/v1/decisions", headers=key("tg"))).status_code == 200
        assert (await api.get("/v1/webhooks", headers=key("xt"))).status_code == 200


async def test_a_parameter_that_there_is_not_or_a_limit_out_of_range_is_refused(
    api: httpx.AsyncClient,
) -> None:
    for path in ("/v1/decisions", "/v1/webhooks", "/v1/reports"):
        unknown = await api.get(path, params={"state": "open"}, headers=key())
        assert (unknown.status_code, unknown.json()["code"]) == (400, "unknown_parameter"), path
    for limit in ("0", "-1", "1000000000", "ten"):
        wrong = await api.get("/v1/decisions", params={"limit": limit}, headers=key())
        assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_parameter"), limit
    forged = await api.get("/v1/decisions", params={"cursor": "bm90.b3Vycw"}, headers=key())
    assert (forged.status_code, forged.json()["code"]) == (400, "bad_cursor")
    for names in (
        {"external_id": "a", "decision_id": "b"},
        {"external_id": "a", "cursor": "c"},
        {},
    ):
        several = await api.get("/v1/reports", params=names, headers=key())
        assert (several.status_code, several.json()["code"]) == (422, "invalid_parameter"), names


async def test_a_cursor_is_good_for_one_list_of_one_owner(
    world: World, api: httpx.AsyncClient
) -> None:
    decisions = [await world.decide(await world.case(), "remove") for _ in range(2)]
    await release(world)
    page = (await api.get("/v1/decisions", params={"limit": 1}, headers=key())).json()
    cursor = page["next_cursor"]
    signed = base64.urlsafe_b64decode(cursor + "==")
    changed = base64.urlsafe_b64encode(signed[:16] + b"[0]").decode().rstrip("=")
    wrong = [
        ("/v1/decisions", {"cursor": changed}, "x"),
        ("/v1/decisions", {"cursor": cursor}, "tg"),
        ("/v1/decisions", {"cursor": cursor}, "xt"),
        ("/v1/webhooks", {"cursor": cursor}, "x"),
        ("/v1/reports", {"decision_id": decisions[0], "cursor": cursor}, "x"),
        ("/v1/decisions", {"cursor": "\u00e9"}, "x"),
        ("/v1/decisions", {"cursor": "a" * 5_000}, "x"),
    ]
    for path, params, name in wrong:
        answer = await api.get(path, params=params, headers=key(name))
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor"), (path, params)
    assert (await api.get("/v1/decisions", params={"cursor": cursor}, headers=key())).is_success


async def test_a_webhook_lives_from_its_making_to_its_end(
    world: World, api: httpx.AsyncClient
) -> None:
    body = {"url": "http://127.0.0.1:9/hook", "events": ["decision.made"]}
    made = await api.post("/v1/webhooks", json=body, headers=key())
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    where = f"/v1/webhooks/{made.json()['webhook_id']}"
    assert (await api.post("/v1/webhooks", json=body, headers=key())).status_code == 409
    (listed,) = (await api.get("/v1/webhooks", headers=key())).json()["items"]
    assert listed["url"] == body["url"]
    assert "secret" not in listed
    rotated = (await api.post(f"{where}/rotate", headers=key())).json()
    assert rotated["secret"] != made.json()["secret"]
    assert (await api.post(f"{where}/test", headers=key())).status_code == 202
    await world.decide(await world.case(), "remove")
    await release(world)
    replayed = await api.post(
        f"{where}/replay", json={"since": "2020-01-01T00:00:00Z"}, headers=key()
    )
    assert (replayed.status_code, replayed.json()) == (202, {"replayed": 1})
    log = (await api.get(f"{where}/deliveries", headers=key())).json()["items"]
    assert sorted(entry["type"] for entry in log) == ["decision.made", "webhook.test"]
    assert (await api.delete(where, headers=key())).status_code == 204
    assert (await api.get(f"{where}/deliveries", headers=key())).status_code == 404


async def test_every_change_of_a_webhook_is_in_the_audit_trail_without_its_address(
    world: World, api: httpx.AsyncClient
) -> None:
    body = {"url": "http://127.0.0.1:9/hook?token=zanzibar", "events": ["decision.made"]}
    made = (await api.post("/v1/webhooks", json=body, headers=key())).json()
    where = f"/v1/webhooks/{made['webhook_id']}"
    since = {"since": "2020-01-01T00:00:00Z"}
    await api.post("/v1/webhooks", json=body, headers=key())  # 409: nothing was changed
    await api.post(f"{where}/rotate", headers=key())
    await api.post(f"{where}/replay", json=since, headers=key())
    await api.delete(where, headers=key())
    await api.delete(where, headers=key())  # 404
    rows = await world.rows("select entry from audit_outbox where platform_id = 'x' order by at")
    entries = [orjson.loads(row["entry"]) for row in rows]
    assert [entry["action"] for entry in entries] == [
        "webhook_added",
        "webhook_secret_rotated",
        "webhook_replayed",
        "webhook_deleted",
    ]
    assert {entry["after"]["webhook"] for entry in entries} == {made["webhook_id"]}
    assert not any("zanzibar" in row["entry"] or "whsec" in row["entry"] for row in rows)


async def test_nothing_is_promised_to_a_webhook_that_is_disabled(
    world: World, api: httpx.AsyncClient
) -> None:
    body = {"url": "http://127.0.0.1:9/hook", "events": ["decision.made"]}
    made = await api.post("/v1/webhooks", json=body, headers=key())
    where = f"/v1/webhooks/{made.json()['webhook_id']}"
    await world.run("update webhooks set disabled_at = now(), disabled_reason = 'it answered 410'")
    since = {"since": "2020-01-01T00:00:00Z"}
    for answer in (
        await api.post(f"{where}/test", headers=key()),
        await api.post(f"{where}/replay", json=since, headers=key()),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "webhook_disabled")
        assert answer.json()["disabled_reason"] == "it answered 410"
    assert await world.value("select count(*) from webhook_deliveries") == 0


async def test_webhooks_made_all_at_once_are_no_more_than_ten(
    world: World, api: httpx.AsyncClient
) -> None:
    async def make(number: int) -> int:
        body = {"url": f"http://127.0.0.1:9/hook/{number}", "events": ["decision.made"]}
        return (await api.post("/v1/webhooks", json=body, headers=key())).status_code

    for number in range(9):
        assert await make(number) == 201
    async with world.database.engine.connect() as others:
        # counting goes on under this lock, writing waits: all have counted before one writes
        await others.execute(text("lock table webhooks in exclusive mode"))
        making = [asyncio.create_task(make(9 + number)) for number in range(5)]
        waiting = (
            "select count(*) = 5 from pg_stat_activity where datname = current_database()"
            " and wait_event_type = 'Lock'"
        )
        await eventually(lambda: world.value(waiting))
        await others.rollback()
    answers = await asyncio.gather(*making)
    assert sorted(answers) == [201, 409, 409, 409, 409]
    assert await world.value("select count(*) from webhooks where deleted_at is null") == 10


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "https://169.254.169.254/", "ftp://a.org/"])
async def test_a_webhook_to_a_private_address_is_422(api: httpx.AsyncClient, url: str) -> None:
    body = {"url": url, "events": ["decision.made"]}
    answer = await api.post("/v1/webhooks", json=body, headers=key())
    assert (answer.status_code, answer.json()["code"]) == (422, "webhook_url_refused")

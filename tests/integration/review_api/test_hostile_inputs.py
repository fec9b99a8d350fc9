"""Whatever is sent to the review API, it is never our mistake, and a refusal leaves no row.

Each field of each body is replaced by each hostile value, each part of an address and each
parameter as well.
"""

import json
from collections.abc import Iterator

import httpx
import pytest

from services.review.reviewers.rules import Role
from tests.integration.review_api.parts import Desk, add_cases, opened
from tests.integration.review_api.test_access import (
    AT_THE_DESK,
    BY_ROLE,
    BY_SCOPE,
    ENDLESS,
    LAST,
    a_thing_of_each_kind,
    add_key,
    call,
)

SEEN = {"case_version": 1, "content_digest": "digest-one", "cluster_version": None}
ACTION = {"action": "remove", "subject_id": None, "countries": ["PK"],
          "until": "2027-01-01T00:00:00Z"}  # fmt: skip
BODIES: dict[str, dict[str, object]] = {
    "POST /api/v1/session": {"email": "a@example.org", "password": "guess"},
    "POST /api/v1/queues/other/claims": {"size": 1},
    "POST /api/v1/cases/one/decisions": {
        "lease_token": "t",
        "finding": "violation",
        "actions": [ACTION],
        "policy_ids": ["other"],
        "ground": "law",
        "legal_basis": "l",
        "reason": "r",
        "internal_note": "n",
        "cluster": True,
        "except": ["two"],
        "seen": SEEN,
    },
    "POST /api/v1/decisions/thing/undo": {"reason": "r"},
    "POST /api/v1/cases/one/skip": {"lease_token": "t", "reason": "r"},
    "POST /api/v1/cases/one/hold": {"lease_token": "t", "reason": "r", "hours": 1},
    "POST /api/v1/cases/one/escalate": {"lease_token": "t", "reason": "r"},
    "POST /api/v1/cases/one/assign": {"lease_token": "t", "reviewer_id": "r", "reason": "r"},
    "POST /api/v1/cases/one/notes": {"text": "t"},
    "POST /api/v1/appeals/thing/outcome": {
        "lease_token": "t",
        "outcome": "overturned",
        "actions": [ACTION],
        "policy_ids": ["other"],
        "reason": "r",
    },
    "POST /v1/decisions/thing/receipts": {
        "external_id": "r",
        "outcome": "enforced",
        "at": "2026-11-20T00:00:00Z",
        "detail": "d",
        "informed": [{"party": "owner", "at": "2026-11-20T00:00:00Z"}],
    },
    "POST /v1/webhooks": {"url": "https://8.8.8.8/hook", "events": ["decision.made"]},
    "POST /v1/webhooks/thing/replay": {"since": "2026-11-20T00:00:00Z"},
}
# As they stand in JSON. The first ones cannot be parsed by whoever reads strictly.
UNPARSABLE = ('"\\u0000"', '"\\ud800"', "NaN", "1e999", "9" * 400, '{"a": 1, "a": 2}', "[" * 40)
ODD = (
    "999999999999999999",
    "-1",
    "1.5",
    "true",
    '""',
    '"0001-01-01T00:00:00+14:00"',
    json.dumps("x" * 20_000),
    "[]",
    '{"a": []}',
    '[["x"]]',
    "null",
)
NAMES = ("%00", "%ff", "%ED%A0%80", "a" * 3_000, "%F0%9F%92%A5", "..%2f..", "'--", "9" * 30, "{}")
PARAMETERS = ("", "%00", "%ff", "-1", "1e9", "9" * 30, "a" * 3_000, "%27--", "%25", "x&x=y")
TABLES = (
    "select table_name::text from information_schema.tables where table_schema = 'public'"
    " and table_type = 'BASE TABLE' and table_name <> 'login_failures' order by 1"
)


async def counting(desk: Desk) -> str:
    """A query for the number of rows of every table but the one that counts failed log-ins."""
    tables = [str(name) for (name,) in await desk.fetch(TABLES)]
    return " union all ".join(f"select '{name}', count(*) from {name}" for name in tables)


def with_each_field(body: dict[str, object], value: str) -> Iterator[str]:
    """The body as JSON, with the value in the place of each field, the inner ones too."""
    for name, inner in body.items():
        yield _spliced(body, name, value)
        first = inner[0] if isinstance(inner, list) else inner
        if isinstance(first, dict):
            for changed in with_each_field(first, value):
                yield _spliced(body, name, f"[{changed}]" if first is not inner else changed)


def _spliced(body: dict[str, object], name: str, value: str) -> str:
    return json.dumps({**body, name: "\x01"}).replace('"\\u0001"', value)


async def clients(desk: Desk) -> dict[str, httpx.AsyncClient]:
    """By the beginning of an address."""
    await a_thing_of_each_kind(desk)
    await add_cases(desk, "one", "two", cluster="clu")
    person = await desk.reviewer("Amal", Role.SENIOR)
    return {"/api/": person.client, "/v1/": await add_key(desk, "x", "live")}


def client_for(found: dict[str, httpx.AsyncClient], path: str) -> httpx.AsyncClient:
    return next(client for start, client in found.items() if path.startswith(start))


def test_every_call_with_a_body_has_one_here() -> None:
    with_body = {route.split("/")[-1] for route in BODIES}
    bare = {"claim", "heartbeat", "rotate", "test"}
    wanted = {route.split("/")[-1] for route in {*BY_ROLE, *BY_SCOPE} if route[:4] == "POST"}
    assert wanted | {"session"} == with_body | bare


@pytest.mark.parametrize("route", BODIES)
async def test_no_field_of_a_body_brings_a_5xx_and_no_refusal_leaves_a_row(
    database_url: str, route: str
) -> None:
    method, path = route.split(" ")
    async with opened(database_url, webhook_calls_per_second=10_000) as desk:
        client = client_for(await clients(desk), path)
        rows = await counting(desk)
        before = await desk.fetch(rows)
        for value in (*UNPARSABLE, *ODD):
            for body in with_each_field(BODIES[route], value):
                answer = await client.request(
                    method, path, content=body, headers={"Content-Type": "application/json"}
                )
                said = (body[:300], answer.status_code, answer.text[:300])
                assert answer.status_code < 500, said
                if value in UNPARSABLE:
                    assert answer.status_code == 400, said
                after = await desk.fetch(rows)
                assert answer.is_success or after == before, said
                before = after


async def test_no_part_of_an_address_brings_a_5xx(database_url: str) -> None:
    async with opened(database_url, webhook_calls_per_second=10_000) as desk:
        found = await clients(desk)
        rows = await counting(desk)
        before = await desk.fetch(rows)
        for route in sorted({*BY_ROLE, *BY_SCOPE} - LAST):
            if "{" in route:
                for name in NAMES:
                    answer = await call(client_for(found, route.split(" ")[1]), route, name=name)
                    assert 400 <= answer.status_code < 500, (route, name, answer.status_code)
        assert await desk.fetch(rows) == before


async def test_no_page_of_the_desk_fails_for_what_its_address_says(database_url: str) -> None:
    async with opened(database_url) as desk:
        person = await desk.reviewer("Amal", Role.SENIOR)
        at_desk = desk.client()
        at_desk.cookies.set("mizan_session", person.token)
        for route in sorted(set(AT_THE_DESK) - LAST - {ENDLESS}):
            for name in NAMES if "{" in route else ():
                answer = await call(at_desk, route, name=name)
                assert answer.status_code < 500, (route, name)
        for path in ("/search?q=", "/search?state=", "/search?cursor=", "/login?next=", "/work?a="):
            for value in PARAMETERS:
                assert (await at_desk.get(path + value)).status_code < 500, (path, value)


async def test_no_parameter_brings_a_5xx_and_none_is_passed_over(database_url: str) -> None:
    asked = {
        "/api/v1/cases": ("subject_id", "state", "q", "cursor", "limit"),
        "/v1/decisions": ("cursor", "limit"),
        "/v1/webhooks": ("cursor", "limit"),
        "/v1/webhooks/thing/deliveries": ("cursor", "limit"),
        "/v1/reports": ("external_id", "report_id", "decision_id", "cursor", "limit"),
    }
    async with opened(database_url) as desk:
        found = await clients(desk)
        for path, names in asked.items():
            client = client_for(found, path)
            for name in names:
                for value in PARAMETERS:
                    answer = await client.get(f"{path}?{name}={value}")
                    assert answer.status_code < 500, (path, name, value)
                    if name in {"cursor", "limit"} and value:
                        assert answer.status_code in {400, 422}, (path, name, value)
            unknown = await client.get(f"{path}?sort=asc")
            assert (unknown.status_code, unknown.json()["code"]) == (400, "unknown_parameter")

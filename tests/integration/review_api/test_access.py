"""Every route by every role and every tenant: who is let in, and what strangers are told.

The tables below are written by hand and must name all routes that there are: a new route is in no
table, and the first test says so.
"""

import hashlib
import itertools
from collections.abc import Iterable
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends

from services.review.app import ROUTERS
from services.review.desk.pages import DESK_ROUTERS
from services.review.reviewers.access import COOKIE
from services.review.reviewers.rules import Role
from services.review.route_access import RouteWithoutRule, open_to_all, require_rules, routes_of
from tests.integration.review_api.parts import Desk, Person, add_cases, opened

ALL = frozenset(Role)
WORKING = frozenset({Role.REVIEWER, Role.SENIOR, Role.POLICY_LEAD})

BY_ROLE = {
    "GET /api/v1/queues": ALL,
    "POST /api/v1/queues/{queue_id}/claims": WORKING,
    "GET /api/v1/cases": ALL,
    "GET /api/v1/cases/{case_id}": ALL,
    "GET /api/v1/cases/{case_id}/audit": ALL,
    "POST /api/v1/cases/{case_id}/claim": WORKING,
    "POST /api/v1/cases/{case_id}/decisions": WORKING,
    "POST /api/v1/cases/{case_id}/skip": WORKING,
    "POST /api/v1/cases/{case_id}/hold": WORKING,
    "POST /api/v1/cases/{case_id}/escalate": WORKING,
    "POST /api/v1/cases/{case_id}/assign": WORKING,
    "POST /api/v1/cases/{case_id}/notes": WORKING,
    "POST /api/v1/leases/{lease_id}/heartbeat": WORKING,
    "DELETE /api/v1/leases/{lease_id}": WORKING,
    "POST /api/v1/decisions/{decision_id}/undo": WORKING,
    "GET /api/v1/appeals/{appeal_id}": ALL,
    "POST /api/v1/appeals/{appeal_id}/outcome": WORKING,
    "GET /api/v1/accounts/{subject_id:path}": ALL,
    "DELETE /api/v1/session": ALL,
}
AT_THE_DESK = {
    "GET /queues": ALL,
    "GET /queues/live": ALL,
    "GET /queues/{queue_id}/{why}": ALL,
    "POST /queues/{queue_id}/next": WORKING,
    "GET /cases/{case_id}": ALL,
    "POST /cases/{case_id}/claim": WORKING,
    "POST /cases/{case_id}/decide": WORKING,
    "POST /cases/{case_id}/skip": WORKING,
    "POST /cases/{case_id}/hold": WORKING,
    "POST /cases/{case_id}/escalate": WORKING,
    "POST /cases/{case_id}/assign": WORKING,
    "POST /cases/{case_id}/notes": WORKING,
    "POST /cases/{case_id}/presence": ALL,
    "POST /leases/{lease_id}/heartbeat": ALL,
    "POST /decisions/{decision_id}/undo": WORKING,
    "GET /appeals/{appeal_id}": ALL,
    "POST /appeals/{appeal_id}/outcome": WORKING,
    "GET /search": ALL,
    "GET /work": ALL,
    "GET /settings": ALL,
    "POST /settings": ALL,
    "POST /locale": ALL,
    "POST /logout": ALL,
}
BY_SCOPE = {
    "GET /v1/reports/{report_id}": "reports",
    "GET /v1/reports": "reports",
    "GET /v1/decisions": "decisions",
    "GET /v1/appeals/{appeal_id}": "appeals",
    "POST /v1/decisions/{decision_id}/receipts": "decisions",
    "POST /v1/webhooks": "webhooks",
    "GET /v1/webhooks": "webhooks",
    "DELETE /v1/webhooks/{webhook_id}": "webhooks",
    "POST /v1/webhooks/{webhook_id}/rotate": "webhooks",
    "POST /v1/webhooks/{webhook_id}/test": "webhooks",
    "POST /v1/webhooks/{webhook_id}/replay": "webhooks",
    "GET /v1/webhooks/{webhook_id}/deliveries": "webhooks",
}
OPEN = {"POST /api/v1/session", "GET /", "GET /login", "POST /login"}
# It goes on until the reader leaves; the one who may not read it is turned away at its beginning.
ENDLESS = "GET /queues/live"
LAST = {"DELETE /api/v1/session", "POST /logout"}


def there_are(routers: Iterable[APIRouter]) -> set[str]:
    return {
        f"{method} {route.path}"
        for route in routes_of(routers)
        for method in route.methods or ()
    }  # fmt: skip


def test_the_tables_name_every_route() -> None:
    assert there_are(ROUTERS) | there_are(DESK_ROUTERS) == {
        *BY_ROLE,
        *AT_THE_DESK,
        *BY_SCOPE,
        *OPEN,
    }


def test_a_route_that_does_not_say_who_may_call_it_stops_the_start() -> None:
    router = APIRouter()

    @router.get("/open", dependencies=[Depends(open_to_all)])
    async def said() -> None: ...

    require_rules([router])

    @router.get("/forgotten")
    async def forgotten(_: Annotated[None, Depends(lambda: None)]) -> None: ...

    with pytest.raises(RouteWithoutRule, match="/forgotten"):
        require_rules([router])


async def call(client: httpx.AsyncClient, route: str, *, name: str = "none") -> httpx.Response:
    """With whatever a call may need, all of it made up."""
    method, path = route.split(" ")
    for part in ("queue_id", "case_id", "lease_id", "decision_id", "appeal_id", "why",
                 "subject_id:path", "report_id", "webhook_id"):  # fmt: skip
        path = path.replace(f"{{{part}}}", name)
    headers = {"Lease-Token": "made up", "X-CSRF-Token": "csrf"}
    if path.startswith(("/api/", "/v1/")):
        return await client.request(method, path, json={} if method == "POST" else None,
                                    headers=headers)  # fmt: skip
    data = {"csrf": "csrf"} if method == "POST" else None
    return await client.request(method, path, data=data, headers=headers)


async def test_each_role_is_let_in_where_the_table_says_and_nowhere_else(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        for role in Role:
            person = await desk.reviewer(role.capitalize(), role)
            at_desk = desk.client()
            at_desk.cookies.set(COOKIE, person.token)
            for table, client in ((BY_ROLE, person.client), (AT_THE_DESK, at_desk)):
                for route in sorted(set(table) - {ENDLESS} - LAST):
                    answer = await call(client, route)
                    refused = answer.status_code in {401, 403}
                    assert refused == (role not in table[route]), (role, route, answer.status_code)
                    assert answer.status_code < 500, (role, route)
        assert (await call(at_desk, "POST /logout")).headers["location"] == "/login"
        assert (await call(person.client, "DELETE /api/v1/session")).status_code == 401


async def test_strangers_and_platforms_get_nowhere_among_reviewers(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_key(desk, "x", "live")
        given = (b"", b"Bearer", b"Bearer made-up", b"Basic YTpi", b"Bearer \xe9", b"Bearer mz_x")
        for said, route in itertools.product(given, BY_ROLE):
            client = desk.client()
            client.headers = httpx.Headers([(b"Authorization", said)])
            answer = await call(client, route)
            assert (answer.status_code, answer.json()["code"]) == (401, "no_session"), route
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        for route in AT_THE_DESK:
            answer = await call(desk.client(), route)
            assert answer.status_code == 303, route
            assert answer.headers["location"].startswith("/login"), route


async def add_key(
    desk: Desk, platform: str, environment: str, *scopes: str, revoked: bool = False
) -> httpx.AsyncClient:
    """A client with a key that has these scopes, all of them when none is said."""
    secret = f"mz_{platform}" if environment == "live" else f"mz_{platform}_test"
    secret += "".join(scopes) + ("_revoked" if revoked else "")
    await desk.execute(
        "insert into api_keys (key_id, platform_id, environment, secret_sha256, scopes, revoked_at)"
        " values ($1, $2, $3, $4, $5, case when $6 then now() end)",
        secret,
        platform,
        environment,
        hashlib.sha256(secret.encode()).hexdigest(),
        list(scopes) or ["reports", "decisions", "appeals", "webhooks"],
        revoked,
    )
    return desk.client(secret)


async def test_a_key_opens_what_its_scopes_name_and_reviewers_get_nowhere_among_platforms(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        scopes = sorted(set(BY_SCOPE.values()))
        clients = {scope: await add_key(desk, "x", "live", scope) for scope in scopes}
        for scope, route in itertools.product(scopes, BY_SCOPE):
            answer = await call(clients[scope], route)
            if BY_SCOPE[route] == scope:
                assert answer.status_code in {200, 404, 422}, (scope, route)
            else:
                assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing"), route
        person = await desk.reviewer("Amal", Role.ADMIN)
        revoked = await add_key(desk, "x", "live", revoked=True)
        await desk.execute("update platforms set active = false where platform_id = 'yt'")
        resting = await add_key(desk, "yt", "live")
        for client, route in itertools.product(
            (desk.client(), person.client, revoked, resting), BY_SCOPE
        ):
            answer = await call(client, route)
            assert (answer.status_code, answer.json()["code"]) == (401, "bad_key"), route


THINGS = """
insert into webhooks (webhook_id, platform_id, environment, url, events, secret, api_version)
values ('thing', 'x', 'live', 'https://example.org/', '{decision.made}', 's', 'v');
insert into reports (report_id, platform_id, environment, external_id, subject_id, case_id,
  policy_id, body, body_hash, reporter_key, reporter_kind, reported_at, accepted_at,
  source_partition, source_offset) values ('thing', 'x', 'live', 'e', 's', 'thing', 'spam', '{}',
  'h', 'k', 'user', now(), now(), 0, 0);
insert into decisions (decision_id, group_id, platform_id, environment, case_id, cluster_id,
  subject_id, reviewer_id, lease_id, request_hash, state, finding, actions, policies,
  content_digest, decided_at, undo_until)
select 'thing', 'g', 'x', 'live', case_id, cluster_id, subject_id, reviewer_id, 'l', '', 'final',
  'no_violation', '[]', '[]', '', now(), now() from cases, reviewers;
insert into events (event_id, feed_position, platform_id, environment, type, subject_id,
  subject_version, decision_id, body) select 'evt', 1, 'x', 'live', 'decision.made', subject_id, 1,
  'thing', '{"data": {}}' from cases;
insert into appeals (appeal_id, platform_id, environment, external_id, decision_id, case_id,
  subject_id, appellant_kind, language, text, submitted_at, accepted_at, state,
  original_reviewer_id) select 'thing', 'x', 'live', 'ext', decision_id, case_id, subject_id,
  'owner', 'en', '', now(), now(), 'open', reviewer_id from decisions;
"""
LISTS = {"GET /v1/decisions", "GET /v1/webhooks"}
WITHOUT_AN_ID = {"GET /v1/reports", "POST /v1/webhooks"}


async def a_thing_of_each_kind(desk: Desk) -> Person:
    """All of them are live, of platform x and called `thing`. Who decided is given."""
    person = await desk.reviewer("Decider")
    await add_cases(desk, "thing")
    await desk.execute(THINGS)
    return person


async def test_what_is_another_tenants_is_not_there(database_url: str) -> None:
    async with opened(database_url) as desk:
        await a_thing_of_each_kind(desk)
        owner = await add_key(desk, "x", "live")
        others = [await add_key(desk, "yt", "live"), await add_key(desk, "x", "test")]
        for route in sorted(set(BY_SCOPE) - WITHOUT_AN_ID, key=lambda r: r.startswith("DELETE")):
            for stranger in others:
                answer = await call(stranger, route, name="thing")
                if route in LISTS:
                    assert answer.json()["items"] == [], route
                else:
                    # a body that is read first is refused first
                    assert answer.status_code in {404, 422}, route
                    assert "thing" not in answer.text
            mine = await call(owner, route, name="thing")
            assert mine.status_code in {200, 202, 204, 422}, (route, mine.text)


async def test_a_platform_that_is_not_granted_is_not_there_for_a_reviewer(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await a_thing_of_each_kind(desk)
        elsewhere = await desk.reviewer("Lena", Role.SENIOR, platforms=("yt",))
        for route in sorted(set(BY_ROLE) - LAST - {"POST /api/v1/queues/{queue_id}/claims"}):
            answer = await call(elsewhere.client, route, name="thing")
            if route in {"GET /api/v1/queues", "GET /api/v1/cases"}:
                assert "thing" not in answer.text, route
            else:
                assert answer.status_code in {404, 409, 422}, (route, answer.status_code)
                assert "Decider" not in answer.text

"""Log-in, sessions, and what strangers and bad input get."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from services.review.reviewers import service as reviewers
from services.review.reviewers.access import COOKIE
from services.review.reviewers.attempts import MOST_BY_NETWORK, MOST_BY_PAIR, attempt
from services.review.reviewers.rules import Role
from shared.clock import new_id
from tests.builders.quick_hashes import quick_hashes
from tests.integration.review_api.parts import Desk, add_cases, opened

EMAIL = "Amal@Example.org"
RIGHT = "correct horse"
SESSION = "/api/v1/session"


@pytest.fixture(autouse=True)
def cheap_hashes() -> Iterator[None]:
    with quick_hashes():
        yield


async def _with_password(desk: Desk) -> None:
    row = reviewers.new_reviewer(new_id, email=EMAIL, name="Amal", roles=[Role.REVIEWER])
    async with desk.database.as_worker() as session:
        await reviewers.add_reviewer(session, row, password=RIGHT)


async def _log_in(
    desk: Desk, email: str, password: str, *, address: str = "127.0.0.1"
) -> tuple[int, dict[str, object]]:
    client = desk.client(address=address)
    answer = await client.post(SESSION, json={"email": email, "password": password})
    body: dict[str, object] = answer.json()
    return answer.status_code, body


async def test_the_right_password_gives_a_session_until_it_is_ended(database_url: str) -> None:
    async with opened(database_url) as desk:
        await _with_password(desk)
        status, body = await _log_in(desk, EMAIL.upper(), RIGHT)
        assert (status, body["roles"]) == (200, ["reviewer"])
        client = desk.client(str(body["token"]))
        assert (await client.get("/api/v1/queues")).status_code == 200
        assert (await client.delete(SESSION)).status_code == 204
        assert (await client.get("/api/v1/queues")).status_code == 401


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await _with_password(desk)
        wrong = await _log_in(desk, EMAIL, "wrong")
        unknown = await _log_in(desk, "nobody@example.org", "wrong")
        assert wrong == unknown
        assert wrong[0] == 401


async def test_many_wrong_passwords_at_once_lock_the_guesser_out_for_a_while(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await _with_password(desk)
        for _ in range(MOST_BY_PAIR):
            assert (await _log_in(desk, EMAIL, "wrong"))[0] == 401
        answers = await asyncio.gather(*(_log_in(desk, EMAIL, f"guess{n}") for n in range(4)))
        assert {status for status, _ in answers} == {429}
        answer = await desk.client().post(SESSION, json={"email": EMAIL, "password": RIGHT})
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0
        # what was not heard does not count, so the wait does not begin anew with each try
        assert await desk.fetch("select count(*) from login_failures") == [(3 * MOST_BY_PAIR,)]
        await desk.execute("update login_failures set at = at - interval '1 hour'")
        assert (await _log_in(desk, EMAIL, RIGHT))[0] == 200
        assert await desk.fetch("select count(*) from login_failures") == [(0,)]


async def test_whoever_guesses_at_somebody_keeps_only_themselves_out(database_url: str) -> None:
    async with opened(database_url) as desk:
        await _with_password(desk)
        assert (await _log_in(desk, EMAIL, RIGHT, address="192.0.2.1"))[0] == 200
        for _ in range(MOST_BY_PAIR):
            assert (await _log_in(desk, EMAIL, "wrong", address="2001:db8::1"))[0] == 401
        assert (await _log_in(desk, EMAIL, "wrong", address="2001:db8::2"))[0] == 429
        assert (await _log_in(desk, EMAIL, RIGHT, address="192.0.2.2"))[0] == 200
        many = "insert into login_failures (who) select $1 from generate_series(1, 500)"
        for name in attempt(EMAIL, "192.0.2.1").names[1:]:
            await desk.execute(many, name)
        assert (await _log_in(desk, EMAIL, RIGHT, address="192.0.2.1"))[0] == 200
        assert (await _log_in(desk, EMAIL, RIGHT, address="192.0.2.3"))[0] == 429


async def test_one_who_tries_many_people_is_stopped_and_their_own_log_in_opens_no_door(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await _with_password(desk)
        network = attempt("x", "192.0.2.1").network
        await desk.execute(
            "insert into login_failures (who) select $1 from generate_series(1, $2)",
            network,
            MOST_BY_NETWORK - 1,
        )
        assert (await _log_in(desk, EMAIL, RIGHT, address="192.0.2.1"))[0] == 200
        assert (await _log_in(desk, "b@example.org", "wrong", address="192.0.2.1"))[0] == 401
        assert (await _log_in(desk, "c@example.org", "wrong", address="192.0.2.1"))[0] == 429


async def test_neither_passwords_nor_tokens_are_kept(database_url: str) -> None:
    async with opened(database_url) as desk:
        await _with_password(desk)
        _, body = await _log_in(desk, EMAIL, RIGHT)
        stored = str(
            await desk.fetch(
                "select row_to_json(r)::text from reviewers r"
                " union all select row_to_json(s)::text from sessions s"
                " union all select entry from audit_outbox"
            )
        )
        assert RIGHT not in stored
        assert str(body["token"]) not in stored


async def test_a_session_that_is_over_or_whose_owner_left_is_none(database_url: str) -> None:
    async with opened(database_url) as desk:
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        await desk.execute(
            "update sessions set expires_at = now() where reviewer_id = $1", amal.reviewer_id
        )
        await desk.execute(
            "update reviewers set active = false where reviewer_id = $1", sana.reviewer_id
        )
        for person in (amal, sana):
            assert (await person.get("/api/v1/queues")).status_code == 401


async def test_a_right_that_is_taken_away_stops_at_once(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal = await desk.reviewer("Amal")
        claim = await amal.claim_one()
        await desk.execute("update reviewers set roles = array['auditor']")
        assert (await amal.decide(claim)).status_code == 403


async def test_a_cookie_needs_its_csrf_token_for_everything_but_reading(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal = await desk.reviewer("Amal")
        client = desk.client()
        client.cookies.set(COOKIE, amal.token)
        path, body = "/api/v1/queues/other/claims", {"size": 1}
        assert (await client.get("/api/v1/queues")).status_code == 200
        for wrong in (b"", b"made up", "ü".encode("latin-1")):
            answer = await client.post(path, json=body, headers=[(b"X-CSRF-Token", wrong)])
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
        answer = await client.post(path, json=body, headers={"X-CSRF-Token": "csrf"})
        assert answer.status_code == 200


HOSTILE = [
    (b'{"size": 1, "size": 2}', 400),
    (b'{"size": NaN}', 400),
    (b'{"size": 1e999}', 400),
    (b'{"size": 99999999999999999999999}', 400),
    (b'{"size": "\\ud800"}', 400),
    (b'{"size": "\\u0000"}', 400),
    (b'\xef\xbb\xbf{"size": 1}', 400),
    ('{"size": 1}'.encode("utf-16"), 400),
    (b'{"size": "\xff"}', 400),
    (b'{"size": 1} trailing', 400),
    (b"", 400),
    (b"[" * 100_000, 400),
    (b'{"a":' * 40 + b"1" + b"}" * 40, 400),
    (b"[]", 422),
    (b"null", 422),
    (b'{"size": null}', 422),
    (b'{"size": true}', 422),
    (b'{"size": 1.5}', 422),
    (b'{"x": "' + b"a" * 300_000 + b'"}', 413),
]


@pytest.mark.parametrize(("body", "status"), HOSTILE)
async def test_a_hostile_body_is_told_what_is_wrong_and_never_a_5xx(
    database_url: str, body: bytes, status: int
) -> None:
    async with opened(database_url) as desk:
        amal = await desk.reviewer("Amal")
        answer = await amal.client.post(
            "/api/v1/queues/other/claims",
            content=body,
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        page = await amal.get(json.loads(answer.text)["type"])
        assert page.status_code == 200


async def test_odd_addresses_and_types_are_refused_plainly(database_url: str) -> None:
    async with opened(database_url) as desk:
        amal = await desk.reviewer("Amal")
        for path, status in [
            ("/api/v1/cases/%00", 400),
            ("/api/v1/cases?q=%00", 400),
            ("/api/v1/cases/%ff%fe", 404),
            ("/api/v1/cases/" + "a" * 5_000, 404),
            ("/api/v1/accounts/x:post:" + "%F0%9F%98%80", 404),
            ("/api/v1/nothing", 404),
            ("/problems/nothing", 404),
        ]:
            answer = await amal.get(path)
            assert answer.status_code == status, path
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["X-Request-Id"]
        for content_type, status in [("text/plain", 415), ("application/xml", 415)]:
            answer = await amal.client.post(
                "/api/v1/queues/other/claims", content=b"{}", headers={"Content-Type": content_type}
            )
            assert answer.status_code == status
        assert (await amal.client.put("/api/v1/cases")).status_code == 405


async def test_with_the_database_away_the_answer_is_503_and_comes_back_by_itself(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        amal = await desk.reviewer("Amal")
        assert (await amal.get("/api/v1/queues")).status_code == 200
        await desk.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        answers = [await amal.get("/api/v1/cases") for _ in range(14)]
        assert {answer.status_code for answer in answers} <= {200, 503}
        assert all("Retry-After" in a.headers for a in answers if a.status_code == 503)
        assert answers[-1].status_code == 200

"""What is refused before a field is looked at: always a problem with its code, never a record."""

import gzip

import orjson
import pytest

from services.ingest.json_parser import MAX_BYTES
from services.ingest.problems import ABOUT, Problem
from tests.unit.ingest.edge_parts import EdgeUnderTest, body, headers
from tests.unit.ingest.test_json_parser import REFUSED

CALLS = ("/v1/reports", "/v1/reports/bulk", "/v1/appeals")
NDJSON = "application/x-ndjson"


def type_for(path: str) -> str:
    return NDJSON if path.endswith("bulk") else "application/json"


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize(
    ("given", "code", "status"),
    [
        ({}, "no_key", 401),
        ({"authorization": "mz_live_x"}, "no_key", 401),
        ({"authorization": "Basic bXo6eA=="}, "no_key", 401),
        ({"authorization": "Bearer "}, "no_key", 401),
        ({"authorization": "Bearer mz_live_nobody"}, "bad_key", 401),
        ({"authorization": "Bearer mz_live_"}, "bad_key", 401),
        ({"authorization": "Bearer " + "a" * 5000}, "bad_key", 401),
        ({"authorization": "Bearer ключ".encode().decode("latin-1")}, "bad_key", 401),
    ],
)
async def test_without_a_valid_key_nobody_learns_more_than_that(
    edge: EdgeUnderTest, path: str, given: dict[str, str], code: str, status: int
) -> None:
    answer = await edge.client.post(
        path,
        headers=[(name.encode(), value.encode("latin-1")) for name, value in given.items()],
        content=b"not even JSON",
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_two_headers_of_authorization_are_none(edge: EdgeUnderTest) -> None:
    twice = [("authorization", "Bearer mz_live_x"), ("authorization", "Bearer mz_live_x")]
    answer = await edge.client.post("/v1/reports", headers=twice, json=body())
    assert answer.json()["code"] == "no_key"


@pytest.mark.parametrize("path", ["/v1/reports", "/v1/reports/bulk"])
async def test_a_key_without_the_scope_is_forbidden(edge: EdgeUnderTest, path: str) -> None:
    answer = await edge.client.post(
        path, headers=headers("mz_live_x_appeals", content_type=type_for(path)), json=body()
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


@pytest.mark.parametrize("given", [{}, headers()], ids=["no header", "with its header"])
@pytest.mark.parametrize(
    "path",
    [
        "/v1/reports?key=mz_live_x",
        "/v1/reports?key=mz%5Flive%5Fx",
        "/v1/reports/mz_test_x",
        "/openapi.json?key=mz_ref_x",
    ],
)
async def test_a_key_in_the_url_is_refused(
    edge: EdgeUnderTest, path: str, given: dict[str, str]
) -> None:
    answer = await edge.client.post(path, headers=given, json=body())
    assert (answer.status_code, answer.json()["code"]) == (400, "key_in_query")
    assert edge.sent == []


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize(
    "given",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/vnd.api+json",
        "{right}; charset=utf-7",
        "{right}; charset=utf-16",
        "{right}, text/plain",
        "",
    ],
)
async def test_another_type_of_body_is_not_read(edge: EdgeUnderTest, path: str, given: str) -> None:
    kind = given.format(right=type_for(path))
    answer = await edge.client.post(path, headers=headers(content_type=kind), json=body())
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_type")
    assert edge.sent == []


async def test_two_types_of_body_are_none(edge: EdgeUnderTest) -> None:
    kinds = [("content-type", "application/json"), ("content-type", "application/json")]
    key = [("authorization", "Bearer mz_live_x")]
    answer = await edge.client.post("/v1/reports", headers=key + kinds, content=b"{}")
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON;charset=UTF-8"]
)
async def test_a_type_that_says_utf_8_is_read(edge: EdgeUnderTest, kind: str) -> None:
    answer = await edge.client.post(
        "/v1/reports", headers=headers(content_type=kind), content=orjson.dumps(body())
    )
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("path", "coding"),
    [
        ("/v1/reports", "gzip"),
        ("/v1/appeals", "gzip"),
        ("/v1/reports/bulk", "br"),
        ("/v1/reports/bulk", "gzip, gzip"),
        ("/v1/reports/bulk", "deflate"),
    ],
)
async def test_a_coding_that_is_not_supported_is_not_read(
    edge: EdgeUnderTest, path: str, coding: str
) -> None:
    sent = headers(content_type=type_for(path), content_encoding=coding)
    answer = await edge.client.post(path, headers=sent, content=gzip.compress(orjson.dumps(body())))
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_type")


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 202),
        ("*/*", 202),
        ("text/html, application/*;q=0.5", 202),
        ("text/html", 406),
        ("application/json;q=0", 406),
    ],
)
async def test_an_answer_that_nobody_wants_is_not_earned(
    edge: EdgeUnderTest, accept: str, status: int
) -> None:
    answer = await edge.client.post("/v1/reports", headers=headers(accept=accept), json=body())
    assert answer.status_code == status
    assert len(edge.sent) == (status == 202)


@pytest.mark.parametrize(("data", "problem"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
@pytest.mark.parametrize("path", ["/v1/reports", "/v1/appeals"])
async def test_hostile_json_is_a_4xx_with_its_code_and_no_record(
    edge: EdgeUnderTest, path: str, data: bytes, problem: Problem
) -> None:
    answer = await edge.client.post(path, headers=headers(), content=data)
    assert (answer.status_code, answer.json()["code"]) == (ABOUT[problem].status, problem)
    assert answer.headers["content-type"] == "application/problem+json"
    assert edge.sent == []


async def test_a_body_that_is_too_large_is_not_waited_for(edge: EdgeUnderTest) -> None:
    for declared in (str(MAX_BYTES + 1), "9" * 30):
        answer = await edge.client.post(
            "/v1/reports", headers=headers(content_length=declared), content=b"{"
        )
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "not_found"),
        ("POST", "/v1/reports/", 404, "not_found"),
        ("POST", "/v1/nothing", 404, "not_found"),
        ("POST", "/v1/referrals", 404, "not_found"),
        ("GET", "/v1/reports/%2e%2e/%00", 404, "not_found"),
        ("GET", "/v1/reports", 405, "method_not_allowed"),
        ("PUT", "/v1/appeals", 405, "method_not_allowed"),
        ("TRACE", "/v1/reports", 405, "method_not_allowed"),
        ("POST", "/openapi.json", 405, "method_not_allowed"),
        ("GET", "/problems/unheard_of", 404, "not_found"),
    ],
)
async def test_what_is_not_there_is_a_problem_too(
    edge: EdgeUnderTest, method: str, path: str, status: int, code: str
) -> None:
    answer = await edge.client.request(method, path, headers=headers())
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 405:
        assert answer.headers["allow"]


@pytest.mark.parametrize("problem", Problem)
async def test_every_problem_explains_itself_under_its_type(
    edge: EdgeUnderTest, problem: Problem
) -> None:
    answer = await edge.client.get(f"/problems/{problem}")
    assert answer.status_code == 200
    explained = answer.json()
    assert (explained["code"], explained["status"]) == (problem, ABOUT[problem].status)
    assert explained["explanation"]


async def test_a_problem_is_as_rfc_9457_has_it(edge: EdgeUnderTest) -> None:
    answer = await edge.client.post("/v1/reports", headers=headers(), content=b"{")
    assert answer.json() == {
        "type": "/problems/json_syntax",
        "title": "The body is not JSON",
        "status": 400,
        "detail": "At line 1, column 2.",
        "code": "json_syntax",
    }

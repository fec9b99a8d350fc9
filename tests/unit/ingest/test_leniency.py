"""A report of harm is not lost for a bad detail: what is optional and wrong is left out and named;
what is required and wrong refuses, and then nothing is stored.
"""

import json

import pytest

from shared.contracts.codec import decode
from shared.contracts.report import Report
from tests.unit.ingest.edge_parts import EdgeUnderTest, body, codes, headers

LEFT_OUT: list[tuple[dict[str, object], dict[str, str]]] = [
    ({"colour": "red"}, {"/colour": "unknown_field"}),
    ({"is_admin": True, "score": 1}, {"/is_admin": "unknown_field", "/score": "unknown_field"}),
    ({"urgency": "very"}, {"/urgency": "unknown_value"}),
    ({"urgency": "NORMAL"}, {"/urgency": "unknown_value"}),
    ({"reason": {"policy_id": "unheard_of"}}, {"/reason/policy_id": "unknown_policy"}),
    ({"reporter": "u-1"}, {"/reporter": "wrong_type"}),
    ({"reporter": {"language": "not a tag"}}, {"/reporter/language": "malformed"}),
    ({"reporter": {"country": "pakistan"}}, {"/reporter/country": "malformed"}),
    ({"content": []}, {"/content": "wrong_type"}),
    ({"content": {"kind": "poem"}}, {"/content/kind": "unknown_value"}),
    ({"content": {"text": 5}}, {"/content/text": "wrong_type"}),
    ({"content": {"text": "a\x01b"}}, {"/content/text": "control_characters"}),
    ({"content": {"text": "a" * 100_001}}, {"/content/text": "too_long"}),
    ({"content": {"media": [{"pdq": "xyz"}]}}, {"/content/media/0/pdq": "malformed"}),
    ({"content": {"media": ["picture"]}}, {"/content/media/0": "wrong_type"}),
    ({"content": {"published_at": "yesterday"}}, {"/content/published_at": "malformed"}),
    ({"content": {"links": ["https://a.example"] * 101}}, {"/content/links": "too_long"}),
    ({"author": {"followers": -1}}, {"/author/followers": "out_of_range"}),
    ({"author": {"followers": "5"}}, {"/author/followers": "wrong_type"}),
    ({"author": {"followers": 5.5}}, {"/author/followers": "wrong_type"}),
    ({"author": {"followers": True}}, {"/author/followers": "wrong_type"}),
    ({"author": {"created_at": 1700000000}}, {"/author/created_at": "malformed"}),
    ({"author": {"avatar_pdq": "0f"}}, {"/author/avatar_pdq": "malformed"}),
    ({"evidence": "https://a.example"}, {"/evidence": "wrong_type"}),
    ({"evidence": ["https://a.example", 5]}, {"/evidence/1": "wrong_type"}),
    ({"reach": {"views": 2**53 + 1}}, {"/reach/views": "out_of_range"}),
    ({"context": {"thread": [{"text": 1}]}}, {"/context/thread/0/text": "wrong_type"}),
    ({"extra": {"x": "y" * 9000}}, {"/extra": "too_long"}),
    ({"extra": [1]}, {"/extra": "wrong_type"}),
]  # fmt: skip

REFUSED: list[tuple[dict[str, object], str, str]] = [
    ({"external_id": None}, "/external_id", "missing"),
    ({"external_id": ""}, "/external_id", "too_short"),
    ({"external_id": "   "}, "/external_id", "malformed"),
    ({"external_id": "a" * 129}, "/external_id", "too_long"),
    ({"external_id": "a\tb"}, "/external_id", "malformed"),
    ({"external_id": "a\u2028b"}, "/external_id", "malformed"),
    ({"external_id": 5}, "/external_id", "wrong_type"),
    ({"reported_at": None}, "/reported_at", "missing"),
    ({"reported_at": "2026-11-20T09:14:03"}, "/reported_at", "malformed"),
    ({"reason": None}, "/reason", "missing"),
    ({"reason": "terrorism"}, "/reason", "wrong_type"),
    ({"reason": {}}, "/reason", "missing"),
    ({"reason": {"text": "bad"}}, "/reason", "missing"),
    ({"reason": {"policy_id": None}}, "/reason", "missing"),
    ({"subject": None}, "/subject", "missing"),
    ({"subject": []}, "/subject", "wrong_type"),
    ({"subject": {"kind": "content"}}, "/subject", "missing"),
    ({"subject": {"url": "https://x.com/a/status/1"}}, "/subject/kind", "missing"),
    ({"subject": {"kind": "planet", "url": "https://x.com/a/status/1"}}, "/subject/kind",
     "unknown_value"),
]  # fmt: skip


def with_null(changes: dict[str, object]) -> dict[str, object]:
    """`body` takes None as absence; so does the edge, but for what is required."""
    return {**body(), **changes}


@pytest.mark.parametrize(("changes", "warnings"), LEFT_OUT, ids=lambda value: str(value)[:60])
async def test_an_optional_field_that_is_wrong_is_left_out_and_named(
    edge: EdgeUnderTest, changes: dict[str, object], warnings: dict[str, str]
) -> None:
    answer = await edge.client.post("/v1/reports", headers=headers(), json=body(**changes))
    assert answer.status_code == 202
    assert codes(answer.json()) == warnings
    report = decode(Report, edge.sent[0].value)
    assert report.warnings == tuple(sorted(set(warnings.values())))


@pytest.mark.parametrize(("changes", "warnings"), LEFT_OUT, ids=lambda value: str(value)[:60])
async def test_strict_handling_makes_each_warning_a_refusal(
    edge: EdgeUnderTest, changes: dict[str, object], warnings: dict[str, str]
) -> None:
    answer = await edge.client.post(
        "/v1/reports", headers=headers(prefer="handling=strict"), json=body(**changes)
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "strict")
    assert codes(answer.json(), "errors") == warnings
    assert answer.headers["preference-applied"] == "handling=strict"
    assert edge.sent == []


@pytest.mark.parametrize(("changes", "pointer", "code"), REFUSED, ids=lambda value: str(value)[:60])
@pytest.mark.parametrize("written", [body, with_null], ids=["absent", "null"])
async def test_a_required_field_that_is_absent_null_or_wrong_refuses_the_report(
    edge: EdgeUnderTest,
    changes: dict[str, object],
    pointer: str,
    code: str,
    written: object,
) -> None:
    document = with_null(changes) if written is with_null else body(**changes)
    answer = await edge.client.post("/v1/reports", headers=headers(), json=document)
    assert answer.status_code == 422
    found = codes(answer.json(), "errors")
    assert pointer in found
    if written is body:
        assert found[pointer] == code
    assert edge.sent == []


@pytest.mark.parametrize("document", [1, "text", True, None, [], [body()], 1.5])
async def test_a_body_that_is_no_object_is_refused(edge: EdgeUnderTest, document: object) -> None:
    content = json.dumps(document)  # the client takes None for no body at all
    answer = await edge.client.post("/v1/reports", headers=headers(), content=content)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert edge.sent == []


async def test_null_in_an_optional_field_is_its_absence(edge: EdgeUnderTest) -> None:
    nulls = dict.fromkeys(
        ("urgency", "reporter", "content", "author", "context", "evidence", "reach", "extra")
    )
    answer = await edge.client.post("/v1/reports", headers=headers(), json={**body(), **nulls})
    assert (answer.status_code, answer.json()["warnings"]) == (202, [])


async def test_what_is_beside_a_bad_detail_is_kept(edge: EdgeUnderTest) -> None:
    content = {
        "text": "kept",
        "language": "no language",
        "media": [{"mime": "?"}, {"kind": "video"}],
    }
    await edge.client.post("/v1/reports", headers=headers(), json=body(content=content))
    report = decode(Report, edge.sent[0].value)
    assert report.content is not None
    assert report.content.text == "kept"
    assert [item.kind for item in report.content.media] == ["other", "video"]


async def test_control_characters_are_replaced_and_the_text_is_kept(edge: EdgeUnderTest) -> None:
    await edge.client.post(
        "/v1/reports", headers=headers(), json=body(content={"text": "a\x1b[31mb\tc\n"})
    )
    report = decode(Report, edge.sent[0].value)
    assert report.content is not None
    assert report.content.text == "a\ufffd[31mb\tc\n"


async def test_an_answer_never_repeats_what_was_sent(edge: EdgeUnderTest) -> None:
    secret = "s3cret-value"
    wrong = body(urgency=secret, content={"kind": secret}, subject={"kind": secret})
    answer = await edge.client.post("/v1/reports", headers=headers(), json=wrong)
    assert answer.status_code == 422
    assert secret not in answer.text


async def test_a_thousand_wrong_fields_are_named_up_to_a_hundred(edge: EdgeUnderTest) -> None:
    unknown = {f"field-{number}": number for number in range(900)}
    answer = await edge.client.post("/v1/reports", headers=headers(), json=body(**unknown))
    assert answer.status_code == 202
    assert len(answer.json()["warnings"]) == 100

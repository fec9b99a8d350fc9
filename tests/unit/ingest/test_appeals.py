"""Appeals: as strict about what is required as reports, and as lenient about the rest."""

import pytest

from services.ingest import examples
from shared.contracts.appeal import Appeal, AppellantKind
from shared.contracts.codec import decode
from shared.contracts.identifiers import Environment
from tests.unit.ingest.edge_parts import EdgeUnderTest, codes, headers


def appeal(**changes: object) -> dict[str, object]:
    document: dict[str, object] = {
        "external_id": "appeal-1",
        "decision_id": "dec_1",
        "appellant": {"kind": "owner", "id": "44196397"},
        "text": "It quotes a newspaper.",
        "submitted_at": "2026-11-20T09:00:00Z",
    }
    document.update(changes)
    return {name: value for name, value in document.items() if value is not None}


async def test_an_appeal_is_in_the_log_under_its_decision(edge: EdgeUnderTest) -> None:
    answer = await edge.client.post("/v1/appeals", headers=headers(), json=appeal())
    assert answer.status_code == 202
    (record,) = edge.sent
    written = decode(Appeal, record.value)
    assert (record.topic, record.key) == ("appeals", b"dec_1")
    assert written.appellant.kind is AppellantKind.OWNER
    assert answer.json() == {
        "appeal_id": written.appeal_id,
        "external_id": "appeal-1",
        "status_url": f"http://review/v1/appeals/{written.appeal_id}",
        "warnings": [],
    }


async def test_the_documented_appeal_is_accepted_as_it_stands(edge: EdgeUnderTest) -> None:
    answer = await edge.client.post(
        "/v1/appeals", headers=headers(prefer="handling=strict"), json=examples.APPEAL
    )
    assert answer.status_code == 202


async def test_the_same_external_id_is_the_same_appeal(edge: EdgeUnderTest) -> None:
    answers = [
        await edge.client.post("/v1/appeals", headers=headers(), json=appeal(text=text))
        for text in ("one", "two")
    ]
    assert len({answer.json()["appeal_id"] for answer in answers}) == 1


async def test_the_sandbox_is_kept_apart(edge: EdgeUnderTest) -> None:
    await edge.client.post("/v1/appeals", headers=headers("mz_test_x"), json=appeal())
    assert decode(Appeal, edge.sent[0].value).environment is Environment.TEST


async def test_a_key_for_appeals_alone_is_enough(edge: EdgeUnderTest) -> None:
    answer = await edge.client.post(
        "/v1/appeals", headers=headers("mz_live_x_appeals"), json=appeal()
    )
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"external_id": None}, "/external_id", "missing"),
        ({"decision_id": None}, "/decision_id", "missing"),
        ({"decision_id": "d" * 129}, "/decision_id", "too_long"),
        ({"appellant": None}, "/appellant", "missing"),
        ({"appellant": {}}, "/appellant/kind", "missing"),
        ({"appellant": {"kind": "neighbour"}}, "/appellant/kind", "unknown_value"),
        ({"text": None}, "/text", "missing"),
        ({"text": ""}, "/text", "too_short"),
        ({"text": "a" * 20_001}, "/text", "too_long"),
        ({"appellant": {"kind": "reporter"}}, "", "missing"),
    ],
)
async def test_what_is_required_refuses_and_nothing_is_stored(
    edge: EdgeUnderTest, changes: dict[str, object], pointer: str, code: str
) -> None:
    answer = await edge.client.post("/v1/appeals", headers=headers(), json=appeal(**changes))
    assert answer.status_code == 422
    assert codes(answer.json(), "errors")[pointer] == code
    assert edge.sent == []


async def test_a_wrong_optional_field_is_left_out_and_named(edge: EdgeUnderTest) -> None:
    wrong = appeal(
        appellant={"kind": "owner", "language": "no language"}, submitted_at="today", colour="red"
    )
    answer = await edge.client.post("/v1/appeals", headers=headers(), json=wrong)
    assert answer.status_code == 202
    assert codes(answer.json()) == {
        "/appellant/language": "malformed",
        "/submitted_at": "malformed",
        "/colour": "unknown_field",
    }
    strict = await edge.client.post(
        "/v1/appeals", headers=headers(prefer="handling=strict"), json=wrong
    )
    assert (strict.status_code, strict.json()["code"]) == (422, "strict")
    assert len(edge.sent) == 1

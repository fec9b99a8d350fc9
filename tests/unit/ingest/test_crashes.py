"""A fault of our own in the middle of a request."""

import pytest

from services.ingest import metrics
from services.ingest.service import Intake
from tests.unit.ingest.edge_parts import EdgeUnderTest, body, headers


@pytest.mark.parametrize("path", ["/v1/reports", "/v1/reports/bulk", "/v1/appeals"])
async def test_a_crash_is_counted_and_answered_with_a_problem_and_the_next_request_is_served(
    edge: EdgeUnderTest, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("what nobody foresaw")

    before = metrics.CRASHES._value.get()
    with monkeypatch.context() as broken:
        broken.setattr(Intake, "grant", crash)
        given = {**headers(), "x-request-id": "asked-for-1"}
        answer = await edge.client.post(path, headers=given, json=body())
    assert (answer.status_code, answer.json()["code"]) == (500, "fault")
    assert answer.headers["x-request-id"] == "asked-for-1"
    assert "foresaw" not in answer.text
    assert metrics.CRASHES._value.get() - before == 1
    assert edge.sent == []
    assert (await edge.client.post("/v1/reports", headers=headers(), json=body())).is_success

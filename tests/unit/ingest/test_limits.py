"""Rate limits: a bucket for each key and kind of call, told in every answer."""

import orjson

from services.ingest.limits import Bucket, Limits
from tests.builders.reference import api_key, platform_record
from tests.unit.ingest.edge_parts import EdgeUnderTest, body, headers, put
from tests.unit.ingest.test_appeals import appeal

SLOW = platform_record("x", keys=[api_key("mz_live_x")], revision=2, reports_per_second=10)


async def fill(edge: EdgeUnderTest, lines: int) -> None:
    """One bulk request; its lines need not be reports."""
    answer = await edge.client.post(
        "/v1/reports/bulk",
        headers=headers(content_type="application/x-ndjson"),
        content=b"{}\n" * lines,
    )
    assert answer.status_code == 200


async def test_every_answer_says_what_is_left(edge: EdgeUnderTest) -> None:
    put(edge.platforms, SLOW)
    answer = await edge.client.post("/v1/reports", headers=headers(), json=body())
    assert answer.headers["ratelimit"] == '"reports";r=4999;t=1'
    assert answer.headers["ratelimit-policy"] == '"reports";q=5000;w=500'


async def test_a_bulk_request_counts_its_lines(edge: EdgeUnderTest) -> None:
    put(edge.platforms, SLOW)
    await fill(edge, 4000)
    answer = await edge.client.post("/v1/reports", headers=headers(), json=body())
    assert answer.headers["ratelimit"].startswith('"reports";r=999;')


async def test_too_much_is_told_when_to_come_again_and_nothing_is_stored(
    edge: EdgeUnderTest,
) -> None:
    put(edge.platforms, SLOW)
    await fill(edge, 5000)
    answer = await edge.client.post("/v1/reports", headers=headers(), json=body())
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["ratelimit"] == '"reports";r=0;t=500'
    assert answer.headers["ratelimit-policy"]
    assert edge.sent == []
    edge.now[0] += 1
    assert (await edge.client.post("/v1/reports", headers=headers(), json=body())).is_success


async def test_appeals_and_other_keys_have_buckets_of_their_own(edge: EdgeUnderTest) -> None:
    put(edge.platforms, platform_record(
        "x", keys=[api_key("mz_live_x"), api_key("mz_live_x_2")], revision=2, reports_per_second=1
    ))  # fmt: skip
    await fill(edge, 5000)
    assert (await edge.client.post("/v1/appeals", headers=headers(), json=appeal())).is_success
    other = await edge.client.post("/v1/reports", headers=headers("mz_live_x_2"), json=body())
    assert other.is_success


async def test_a_request_without_a_key_takes_from_no_bucket(edge: EdgeUnderTest) -> None:
    answer = await edge.client.post("/v1/reports", content=orjson.dumps(body()))
    assert "ratelimit" not in answer.headers


def test_a_refused_call_takes_nothing() -> None:
    limits = Limits(lambda: 0.0)
    assert limits.take("key", Bucket.REPORTS, 1.0, count=6000).retry_after == 1000
    assert limits.take("key", Bucket.REPORTS, 1.0, count=5000).retry_after == 0


def test_levels_of_many_keys_do_not_grow_without_end() -> None:
    limits = Limits(lambda: 0.0, most_levels=10)
    for number in range(100):
        limits.take(f"key-{number}", Bucket.REPORTS, 1.0)
    assert len(limits._levels) <= 10

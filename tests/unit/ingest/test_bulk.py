"""Many reports in one request: an answer for each line, in order, and none spoils another."""

import asyncio
import gzip

import orjson
import pytest
from aiokafka.errors import UnknownTopicOrPartitionError
from httpx import Response

from services.ingest.bulk import CHUNK, LOT, MAX_BYTES, MAX_LINES
from services.ingest.publisher import Bounds
from tests.unit.ingest.edge_parts import ACK_SECONDS, EdgeUnderTest, body, edge_under_test, headers
from tests.waiting import eventually

Line = dict[str, object]


def line(number: int, **changes: object) -> bytes:
    return orjson.dumps(body(external_id=f"bulk-{number}", **changes))


async def post(edge: EdgeUnderTest, data: bytes, **more: str) -> Response:
    named = {"content_type": "application/x-ndjson", **more}
    return await edge.client.post("/v1/reports/bulk", headers=headers(**named), content=data)


def results(answer: Response) -> list[Line]:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [orjson.loads(row) for row in answer.content.splitlines()]


async def test_a_bad_line_spoils_no_other_and_the_answers_keep_the_order(
    edge: EdgeUnderTest,
) -> None:
    lines = [
        line(1),
        b"{not json",
        line(2, subject={"kind": "content", "url": "https://youtu.be/dQw4w9WgXcQ"}),
        b'{"external_id": "a", "external_id": "a"}',
        line(3, urgency="very"),
        line(4),
    ]
    found = results(await post(edge, b"\n".join(lines)))
    assert [(one["line"], one["status"]) for one in found] == [
        (1, 202), (2, 400), (3, 422), (4, 400), (5, 202), (6, 202)
    ]  # fmt: skip
    assert [one.get("external_id") for one in found] == [
        "bulk-1", None, "bulk-2", "a", "bulk-3", "bulk-4"
    ]  # fmt: skip
    problem, warnings = found[2]["problem"], found[4]["warnings"]
    assert isinstance(problem, dict)
    assert problem["code"] == "not_this_platform"
    assert isinstance(warnings, list)
    assert warnings[0]["pointer"] == "/urgency"
    assert len(edge.sent) == 3


async def test_empty_lines_are_passed_over_and_counted(edge: EdgeUnderTest) -> None:
    found = results(await post(edge, b"\n\r\n" + line(1) + b"\r\n  \n" + line(2) + b"\n"))
    assert [one["line"] for one in found] == [3, 5]


async def test_an_answer_line_is_that_of_the_single_call(edge: EdgeUnderTest) -> None:
    single = await edge.client.post("/v1/reports", headers=headers(), content=line(1))
    (bulk,) = results(await post(edge, line(1)))
    assert bulk["report_id"] == single.json()["report_id"]
    assert bulk["subject_id"] == single.json()["subject_id"]
    assert edge.sent[0].value == edge.sent[1].value


async def test_gzip_is_read(edge: EdgeUnderTest) -> None:
    answer = await post(edge, gzip.compress(line(1) + b"\n" + line(2)), content_encoding="gzip")
    assert [one["status"] for one in results(answer)] == [202, 202]


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"no gzip", 400, "bad_compression"),
        (gzip.compress(b"{}")[:-4], 400, "bad_compression"),
        (gzip.compress(b"{}") + b"more", 400, "bad_compression"),
        (gzip.compress(b"{}") * 2, 400, "bad_compression"),
        (gzip.compress(b" " * (MAX_BYTES + 1)), 413, "too_large"),
    ],
    ids=["none", "cut", "trailing", "two members", "bomb"],
)
async def test_gzip_that_hides_something_is_refused(
    edge: EdgeUnderTest, data: bytes, status: int, code: str
) -> None:
    answer = await post(edge, data, content_encoding="gzip")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "json_empty"),
        (b"\n \n", 400, "json_empty"),
        (b"1\n" * (MAX_LINES + 1), 413, "too_large"),
        (b"\n" * (MAX_LINES * 20 + 1) + b"{}", 413, "too_large"),
        (b"x" * (MAX_BYTES + 1), 413, "too_large"),
    ],
    ids=["nothing", "blank", "lines", "empty lines", "bytes"],
)
async def test_the_limits_of_a_request_are_held(
    edge: EdgeUnderTest, data: bytes, status: int, code: str
) -> None:
    answer = await post(edge, data)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert edge.sent == []


async def test_five_thousand_lines_are_taken(edge: EdgeUnderTest) -> None:
    answer = await post(edge, b"\n".join(line(number) for number in range(MAX_LINES)))
    assert [one["status"] for one in results(answer)].count(202) == MAX_LINES
    assert len({record.key for record in edge.sent}) == MAX_LINES


async def test_strict_handling_refuses_only_the_lines_with_warnings(edge: EdgeUnderTest) -> None:
    answer = await post(edge, line(1) + b"\n" + line(2, colour="red"), prefer="handling=strict")
    assert [one["status"] for one in results(answer)] == [202, 422]
    assert len(edge.sent) == 1


async def test_no_line_is_answered_202_without_its_acknowledgement() -> None:
    async with edge_under_test() as edge:
        edge.producers[0].held = True
        answer = await post(edge, b"\n".join(line(number) for number in range(300)))
        assert (answer.status_code, answer.json()["code"]) == (503, "kafka_away")
        assert answer.headers["retry-after"]


async def test_what_was_acknowledged_before_the_log_went_away_is_answered_202() -> None:
    async with edge_under_test(Bounds(ACK_SECONDS, records=4 * LOT, bytes=2**26)) as edge:
        producer = edge.producers[0]
        producer.holds_after = LOT + LOT // 2
        producer.most_in_batch = 20
        lines = [line(number) for number in range(4 * LOT)]
        answers = results(await post(edge, b"\n".join(lines)))
        assert [one["line"] for one in answers] == list(range(1, 4 * LOT + 1))
        stored = {orjson.loads(record.value)["external_id"] for record in producer.acknowledged}
        assert LOT <= len(stored) <= LOT + LOT // 2
        for number, one in enumerate(answers):
            known = f"bulk-{number}" in stored
            assert (one["status"], one["external_id"]) == (202 if known else 503, f"bulk-{number}")
        assert len(producer.sent) <= 3 * LOT, "one lot is under way, and none behind it is tried"


async def test_a_lot_larger_than_a_batch_of_the_log_goes_in_several(edge: EdgeUnderTest) -> None:
    edge.producers[0].most_in_batch = 7
    answers = results(await post(edge, b"\n".join(line(number) for number in range(250))))
    assert [one["status"] for one in answers] == [202] * 250
    assert len({record.key for record in edge.sent}) == len(edge.sent) == 250


async def test_reports_of_one_id_reach_the_log_in_the_order_of_their_lines(
    edge: EdgeUnderTest,
) -> None:
    texts = [str(number) for number in range(30)]
    await post(
        edge, b"\n".join(line(number % 3, content={"text": t}) for number, t in enumerate(texts))
    )
    for own in range(3):
        sent = [orjson.loads(record.value) for record in edge.sent]
        found = [one["content"]["text"] for one in sent if one["external_id"] == f"bulk-{own}"]
        assert found == texts[own::3]


async def test_other_work_gets_its_turn_while_a_lot_is_read(edge: EdgeUnderTest) -> None:
    sending = asyncio.create_task(post(edge, b"\n".join(line(number) for number in range(LOT))))
    turns = 0
    while not edge.sent:
        await asyncio.sleep(0)
        turns += 1
    assert turns >= LOT // CHUNK
    await sending


async def test_of_many_requests_one_lot_is_read_at_a_time() -> None:
    async with edge_under_test(Bounds(60, 10**6, 2**30)) as edge:
        producer = edge.producers[0]
        producer.held = True
        lines = b"\n".join(line(number) for number in range(LOT))
        asking = [asyncio.create_task(post(edge, lines)) for _ in range(3)]
        turns_with_one = 0
        while len(producer.sent) < 2 * LOT:
            await asyncio.sleep(0)
            turns_with_one += len(producer.sent) == LOT
        assert turns_with_one >= LOT // CHUNK
        await eventually(lambda: all_sent(edge, 3 * LOT))
        producer.release()
        for answer in await asyncio.gather(*asking):
            assert [one["status"] for one in results(answer)] == [202] * LOT


async def all_sent(edge: EdgeUnderTest, count: int) -> bool:
    return len(edge.sent) == count


async def test_what_bulk_may_have_in_flight_is_bounded() -> None:
    async with edge_under_test(Bounds(ACK_SECONDS, records=60, bytes=2**24)) as edge:
        edge.producers[0].held = True
        answer = await post(edge, b"\n".join(line(number) for number in range(300)))
        assert (answer.status_code, answer.json()["code"]) == (503, "kafka_away")
        assert edge.publisher.in_flight == len(edge.sent) <= 60
        edge.producers[0].release()
        await asyncio.sleep(0)
        assert edge.publisher.in_flight == 0


async def test_a_log_whose_topics_cannot_be_learnt_is_a_log_that_is_away() -> None:
    async with edge_under_test() as edge:
        edge.producers[0].unknown = UnknownTopicOrPartitionError()
        answer = await post(edge, line(1))
        assert (answer.status_code, answer.json()["code"]) == (503, "kafka_away")
        assert edge.sent == []


async def test_none_is_tried_behind_a_lot_that_could_not_be_handed_over() -> None:
    async with edge_under_test() as edge:
        producer = edge.producers[0]
        producer.unknown = UnknownTopicOrPartitionError()
        answer = await post(edge, b"\n".join(line(number) for number in range(3 * LOT)))
        assert (answer.status_code, answer.json()["code"]) == (503, "kafka_away")
        assert producer.asked == 1


async def test_nothing_is_read_for_a_log_that_is_silent_and_all_is_taken_when_it_speaks() -> None:
    async with edge_under_test() as edge:
        producer = edge.producers[0]
        producer.held = True
        assert (await post(edge, line(1))).status_code == 503
        for lines in (line(2), b"no report"):
            answer = await post(edge, lines)
            assert (answer.status_code, answer.json()["code"]) == (503, "kafka_away")
        assert len(edge.sent) == 1
        producer.release()
        await asyncio.sleep(0)
        assert [one["status"] for one in results(await post(edge, line(2)))] == [202]

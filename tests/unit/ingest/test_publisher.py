"""What is answered while the log does not answer, and how the edge comes back by itself."""

import asyncio
from datetime import UTC, datetime

import pytest
from aiokafka.errors import KafkaError, KafkaTimeoutError, OutOfOrderSequenceNumber

from services.ingest.publisher import Bounds, Sending
from shared.kafka.batches import Record
from shared.kafka.partitions import partition_of
from tests.builders.reference import api_key, platform_record
from tests.unit.ingest.edge_parts import (
    ACK_SECONDS,
    ACKNOWLEDGEMENT,
    EdgeUnderTest,
    body,
    edge_under_test,
    headers,
    put,
)
from tests.waiting import eventually


async def test_no_acknowledgement_in_time_is_a_503_that_says_unknown() -> None:
    async with edge_under_test() as edge:
        edge.producers[0].held = True
        answer = await edge.client.post("/v1/reports", headers=headers(), json=body())
        assert (answer.status_code, answer.json()["code"]) == (503, "kafka_away")
        assert answer.headers["retry-after"]
        assert edge.publisher.in_flight == 1


async def test_a_late_acknowledgement_makes_room_again() -> None:
    async with edge_under_test(Bounds(ACK_SECONDS, records=1, bytes=2**20)) as edge:
        edge.producers[0].held = True
        await edge.client.post("/v1/reports", headers=headers(), json=body())
        full = await edge.client.post("/v1/reports", headers=headers(), json=body())
        assert (full.status_code, full.json()["code"]) == (503, "overloaded")
        assert full.headers["retry-after"]
        edge.producers[0].release()
        await asyncio.sleep(0)
        assert edge.publisher.in_flight == 0
        assert (await edge.client.post("/v1/reports", headers=headers(), json=body())).is_success


@pytest.mark.parametrize("bounds", [Bounds(60, 5, 2**30), Bounds(60, 10**6, 3000)])
async def test_what_waits_for_the_log_is_bounded_in_number_and_bytes(bounds: Bounds) -> None:
    async with edge_under_test(bounds) as edge:
        edge.producers[0].held = True
        asking = [
            asyncio.ensure_future(
                edge.client.post("/v1/reports", headers=headers(), json=body(external_id=str(n)))
            )
            for n in range(30)
        ]

        async def each_sent_or_refused() -> bool:
            return len(edge.sent) + sum(task.done() for task in asking) == len(asking)

        await eventually(each_sent_or_refused)
        assert len(edge.sent) <= 6
        assert sum(len(record.value) for record in edge.sent) <= bounds.bytes
        edge.producers[0].release()
        statuses = [(await task).status_code for task in asking]
        assert statuses.count(202) == len(edge.sent) >= 5


@pytest.mark.parametrize("error", [OutOfOrderSequenceNumber(), KafkaTimeoutError()])
async def test_a_producer_that_failed_for_good_is_replaced_and_the_next_report_is_taken(
    error: KafkaError,
) -> None:
    async with edge_under_test() as edge:
        edge.producers[0].error = error
        answer = await edge.client.post("/v1/reports", headers=headers(), json=body())
        assert (answer.status_code, answer.json()["code"]) == (503, "kafka_away")

        async def taken() -> bool:
            again = await edge.client.post("/v1/reports", headers=headers(), json=body())
            return again.is_success

        await eventually(taken)
        assert edge.producers[0].stopped
        assert len(edge.producers) == 2


async def test_a_log_that_goes_on_acknowledging_is_waited_for() -> None:
    """Timers that are set beforehand fire in their order however late the machine is."""
    async with edge_under_test() as edge:
        producer, loop = edge.producers[0], asyncio.get_running_loop()
        producer.held = True
        sendings = [await hand_over(edge, b"one key") for _ in range(30)]
        for number, future in enumerate(reversed(producer.waiting), 1):
            loop.call_later(number * ACK_SECONDS / 10, future.set_result, ACKNOWLEDGEMENT)
        began = loop.time()
        await edge.publisher.settle(sendings[:1])
        assert sendings[0].stored
        assert loop.time() - began > 2 * ACK_SECONDS


async def test_the_acknowledgements_of_another_partition_are_no_reason_to_wait() -> None:
    async with edge_under_test() as edge:
        producer, loop = edge.producers[0], asyncio.get_running_loop()
        producer.held = True
        key, elsewhere = b"one key", b"a key"
        assert partition_of(key, 3) != partition_of(elsewhere, 3)
        sendings = [await hand_over(edge, one) for one in (key, *[elsewhere] * 29)]
        for number, future in enumerate(reversed(producer.waiting), 1):
            loop.call_later(number * ACK_SECONDS / 10, future.set_result, ACKNOWLEDGEMENT)
        await edge.publisher.settle(sendings[:1])
        assert not sendings[0].stored


async def test_behind_a_partition_that_is_silent_nobody_begins_to_wait_anew() -> None:
    async with edge_under_test() as edge:
        producer = edge.producers[0]
        producer.held = True
        await edge.publisher.settle([await hand_over(edge, b"one key")])
        assert edge.publisher.is_silent()
        assert await edge.publisher.hand_over_all([Record("reports", b"one key", b"")]) == [None]
        assert len(producer.sent) == 1
        producer.release()
        await asyncio.sleep(0)
        assert not edge.publisher.is_silent()
        await edge.publisher.settle([again := await hand_over(edge, b"one key")])
        assert again.stored


async def test_a_log_that_was_quiet_for_long_is_not_silent() -> None:
    async with edge_under_test() as edge:
        producer = edge.producers[0]
        await edge.publisher.settle([await hand_over(edge, b"one key")])
        await asyncio.sleep(0)
        for partition in edge.publisher._connected_line().partitions.values():
            partition.silent_since -= 60
        producer.held = True
        sending = await hand_over(edge, b"one key")
        assert not edge.publisher.is_silent()
        producer.release()
        assert sending.stored


async def hand_over(edge: EdgeUnderTest, key: bytes) -> Sending:
    (sending,) = await edge.publisher.hand_over_all([Record("reports", key, b"")])
    assert sending is not None
    return sending


async def test_while_keys_may_be_out_of_date_the_answer_is_503_and_never_401() -> None:
    async with edge_under_test() as edge:
        for age in (11.0, float("inf")):
            edge.age[0] = age
            answer = await edge.client.post(
                "/v1/reports", headers=headers("mz_live_unknown"), json=body()
            )
            assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
            assert answer.headers["retry-after"]


async def test_nothing_is_taken_that_would_age_out_before_it_is_read() -> None:
    async with edge_under_test() as edge:
        edge.backlog._late["scoring"] = True
        for path, kind in (("/v1/reports", "json"), ("/v1/reports/bulk", "x-ndjson")):
            answer = await edge.client.post(
                path, headers=headers(content_type=f"application/{kind}"), json=body()
            )
            assert (answer.status_code, answer.json()["code"]) == (503, "backlog")
            assert answer.headers["retry-after"]
        assert edge.sent == []


async def test_a_revoked_key_and_a_platform_that_is_not_active_are_turned_away() -> None:
    async with edge_under_test() as edge:
        key = api_key("mz_live_x")
        revoked = key.model_copy(update={"revoked_at": datetime(2026, 11, 20, tzinfo=UTC)})
        put(edge.platforms, platform_record("x", keys=[revoked], revision=2))
        answer = await edge.client.post("/v1/reports", headers=headers(), json=body())
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_key")
        closed = platform_record("x", keys=[key], revision=3).model_copy(update={"active": False})
        put(edge.platforms, closed)
        answer = await edge.client.post("/v1/reports", headers=headers(), json=body())
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")

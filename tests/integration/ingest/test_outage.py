"""Kafka away: 503 soon, bounded, never a 202 for what is not stored; and back unaided."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import orjson

from shared.contracts.codec import decode
from shared.contracts.report import Report
from shared.contracts.topics import REPORTS
from tests.edge_process import EdgeProcess, edge_process
from tests.integration.ingest.conftest import client_of
from tests.integration.ingest.records import read_all, report_body, times_in_log
from tests.own_broker import OwnBroker
from tests.waiting import eventually

ANSWER_SECONDS = 2.0
SLACK_SECONDS = 4.0  # for a machine that does much else; the edge itself gives up after 1.5 s
CALLS = {
    "/v1/reports": "application/json",
    "/v1/reports/bulk": "application/x-ndjson",
    "/v1/appeals": "application/json",
}


def call_body(path: str, name: str) -> bytes:
    if path == "/v1/appeals":
        appeal = {"external_id": name, "decision_id": "d", "appellant": {"kind": "owner"}}
        return orjson.dumps({**appeal, "text": "no"})
    return orjson.dumps(report_body(name))


@contextlib.asynccontextmanager
async def frozen(broker: OwnBroker) -> AsyncIterator[None]:
    broker.freeze()
    try:
        yield
    finally:
        broker.thaw()


@contextlib.asynccontextmanager
async def killed(broker: OwnBroker) -> AsyncIterator[None]:
    broker.kill()
    try:
        yield
    finally:
        await asyncio.to_thread(broker.start)


async def accepted_again(client: httpx.AsyncClient, name: str) -> None:
    async def accepted() -> bool:
        return (await client.post("/v1/reports", json=report_body(name))).status_code == 202

    await eventually(accepted, what="the edge takes reports again")


async def test_every_call_is_answered_503_within_two_seconds_while_the_broker_is_frozen(
    edge: EdgeProcess, client: httpx.AsyncClient, edge_broker: OwnBroker
) -> None:
    async with frozen(edge_broker):
        for path, kind in CALLS.items():
            began = time.monotonic()
            answer = await client.post(
                path, content=call_body(path, "frozen"), headers={"content-type": kind}
            )
            assert time.monotonic() - began < ANSWER_SECONDS + SLACK_SECONDS
            assert (answer.status_code, answer.json()["code"]) == (503, "kafka_away")
            assert int(answer.headers["retry-after"]) > 0
    await accepted_again(client, "thawed")


async def test_what_was_answered_503_may_still_be_written_and_stands_before_a_later_body(
    edge: EdgeProcess, client: httpx.AsyncClient, edge_broker: OwnBroker
) -> None:
    def saying(text: str) -> dict[str, object]:
        return report_body("unknown", reason={"policy_id": "terrorism", "text": text})

    async with frozen(edge_broker):
        assert (await client.post("/v1/reports", json=saying("first"))).status_code == 503

    async def accepted() -> bool:
        return (await client.post("/v1/reports", json=saying("second"))).status_code == 202

    await eventually(accepted)
    stored = [decode(Report, one.value) for one in await read_all(edge_broker.bootstrap, REPORTS)]
    both = [one for one in stored if one.external_id == "unknown"]
    assert [one.reason.text for one in both][:2] == ["first", "second"]
    assert len({one.report_id for one in both}) == 1
    assert both[0].body_hash != both[1].body_hash


async def test_around_a_broker_that_is_killed_what_was_answered_202_is_stored_and_nothing_else_is(
    edge: EdgeProcess, edge_broker: OwnBroker
) -> None:
    """Each sender tries its report again, under the same id, until it is accepted; the edge is
    the same process from beginning to end.
    """
    accepted: set[str] = set()
    refused = 0
    names = [f"outage-{number}" for number in range(120)]
    waiting = list(names)

    async def send() -> None:
        nonlocal refused
        async with client_of(edge) as client:
            while waiting:
                name = waiting.pop()
                began = time.monotonic()
                answer = await client.post("/v1/reports", json=report_body(name))
                assert time.monotonic() - began < ANSWER_SECONDS + SLACK_SECONDS
                if answer.status_code == 202:
                    accepted.add(name)
                    continue
                assert answer.json()["code"] in {"kafka_away", "not_ready"}
                assert int(answer.headers["retry-after"]) > 0
                refused += 1
                waiting.append(name)

    sending = [asyncio.create_task(send()) for _ in range(6)]
    await eventually(lambda: at_least(accepted, 10))
    async with killed(edge_broker):
        pass
    await asyncio.gather(*sending)
    assert refused
    stored = await times_in_log(edge_broker.bootstrap, names)
    assert set(stored) == accepted == set(names)
    assert edge.process.poll() is None
    await asyncio.to_thread(edge.wait_ready)


async def at_least(accepted: set[str], count: int) -> bool:
    return len(accepted) >= count


async def test_large_bulk_requests_on_a_broker_that_freezes_are_answered_soon_and_by_the_line(
    edge: EdgeProcess, client: httpx.AsyncClient, edge_broker: OwnBroker
) -> None:
    """What is asked is how long after the freezing: before it the log is waited for."""

    def post(prefix: str, count: int) -> asyncio.Task[list[str]]:
        return asyncio.create_task(stored_of(client, [f"{prefix}-{n}" for n in range(count)]))

    before = edge.metric("mizan_ingest_accepted_total")

    async def some_are_stored() -> bool:
        return await asyncio.to_thread(edge.metric, "mizan_ingest_accepted_total") > before

    caught = [post(f"caught-{number}", 1000) for number in range(4)]
    await eventually(some_are_stored)
    async with frozen(edge_broker):
        began = time.monotonic()
        told = [name for names in await asyncio.gather(*caught) for name in names]
        assert time.monotonic() - began < ANSWER_SECONDS + SLACK_SECONDS
        began = time.monotonic()
        late = await asyncio.gather(*(post(f"late-{number}", 200) for number in range(8)))
        assert time.monotonic() - began < ANSWER_SECONDS + SLACK_SECONDS
    assert told
    assert late == [[]] * 8
    await accepted_again(client, "large-enough")
    assert set(await times_in_log(edge_broker.bootstrap, told)) == set(told)


async def stored_of(client: httpx.AsyncClient, names: list[str]) -> list[str]:
    """Those that the answer to one bulk request calls stored; it says something of each."""
    lines = b"\n".join(orjson.dumps(report_body(name)) for name in names)
    answer = await client.post(
        "/v1/reports/bulk", content=lines, headers={"content-type": "application/x-ndjson"}
    )
    if answer.status_code == 503:
        assert answer.json()["code"] in {"kafka_away", "not_ready"}
        return []
    found = [orjson.loads(line) for line in answer.content.splitlines()]
    assert [one["external_id"] for one in found] == names
    assert {one["status"] for one in found} <= {202, 503}
    return [one["external_id"] for one in found if one["status"] == 202]


async def test_what_waits_for_a_frozen_broker_is_bounded(
    edge_broker: OwnBroker, edge_folder: Path
) -> None:
    settings = {"MIZAN_INGEST_MAX_IN_FLIGHT": "50"}
    with edge_process(edge_broker.bootstrap, edge_folder, settings) as edge:
        edge.wait_ready()
        async with client_of(edge) as client, frozen(edge_broker):
            codes = await asyncio.gather(*(code_of(client, number) for number in range(90)))
            assert edge.metric("mizan_ingest_in_flight") == 50
        assert codes.count("kafka_away") == 50
        assert codes.count("overloaded") == 40
        async with client_of(edge) as client:
            await accepted_again(client, "room-again")


async def code_of(client: httpx.AsyncClient, number: int) -> str:
    content = {"text": "x" * 10_000}
    answer = await client.post("/v1/reports", json=report_body(f"full-{number}", content=content))
    code: str = answer.json()["code"]
    return code


async def test_a_log_that_lost_its_end_costs_a_producer_and_not_the_edge(
    edge: EdgeProcess, client: httpx.AsyncClient, edge_broker: OwnBroker
) -> None:
    """What a power cut does to a broker that does not flush: the sequence of the producer is
    ahead of the log's for good.
    """
    for number in range(40):
        answer = await client.post("/v1/reports", json=report_body(f"cut-{number}"))
        assert answer.status_code == 202
    before = edge.metric("mizan_ingest_producer_replaced_total")
    async with killed(edge_broker):
        for partition in edge_broker.data.glob("reports-*"):
            cut_to_half(partition)
    await accepted_again(client, "after-the-cut")
    assert edge.metric("mizan_ingest_producer_replaced_total") > before
    assert edge.process.poll() is None


def cut_to_half(partition: Path) -> None:
    for file in partition.glob("*.snapshot"):
        file.unlink()
    for log in partition.glob("*.log"):
        with log.open("r+b") as opened:
            opened.truncate(log.stat().st_size // 2)


async def test_a_start_without_a_broker_is_not_ready_and_never_says_401(
    edge_broker: OwnBroker, edge_folder: Path
) -> None:
    edge_broker.freeze()
    try:
        with edge_process(edge_broker.bootstrap, edge_folder) as edge:
            await eventually(lambda: alive(edge))
            status, page = edge.admin("/readyz")
            assert status == 503
            assert set(orjson.loads(page)["waiting_for"]) == {"kafka", "reference"}
            async with client_of(edge) as client:
                for key in ("mz_live_x", "mz_live_unknown"):
                    client.headers["authorization"] = f"Bearer {key}"
                    answer = await client.post("/v1/reports", json=report_body("early"))
                    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
                    assert int(answer.headers["retry-after"]) > 0
            edge_broker.thaw()
            await asyncio.to_thread(edge.wait_ready)
            async with client_of(edge) as client:
                await accepted_again(client, "early")
    finally:
        edge_broker.thaw()


async def alive(edge: EdgeProcess) -> bool:
    return edge.admin("/livez")[0] == 200

"""What was answered 202 is in the log, as it was sent, once."""

import asyncio
import gzip
import signal
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import httpx
import orjson
import psutil

from shared.contracts.appeal import Appeal
from shared.contracts.codec import decode
from shared.contracts.report import Report
from shared.contracts.topics import APPEALS, REPORTS
from tests.builders.reference import api_key
from tests.edge_process import EdgeProcess, edge_process, publish_reference
from tests.integration.ingest.conftest import PLATFORM, client_of
from tests.integration.ingest.records import read_all, report_body, times_in_log
from tests.own_broker import OwnBroker
from tests.waiting import eventually

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def test_an_accepted_report_is_in_the_log_with_its_key_its_trace_and_the_brokers_time(
    client: httpx.AsyncClient, edge_broker: OwnBroker
) -> None:
    answer = await client.post(
        "/v1/reports", json=report_body("in-the-log"), headers={"traceparent": TRACE}
    )
    assert answer.status_code == 202
    told = answer.json()
    (record,) = [
        one
        for one in await read_all(edge_broker.bootstrap, REPORTS)
        if one.key == told["report_id"].encode()
    ]
    report = decode(Report, record.value)
    assert (report.report_id, report.external_id) == (told["report_id"], "in-the-log")
    assert report.subject.subject_id == told["subject_id"] == "x:post:20"
    assert record.headers == (("traceparent", TRACE.encode()),)
    accepted_at = datetime.fromisoformat(told["accepted_at"]).timestamp()
    assert round(accepted_at * 1000) == record.timestamp


async def test_five_thousand_lines_are_each_in_the_log_once_and_answered_in_order(
    client: httpx.AsyncClient, edge_broker: OwnBroker
) -> None:
    ids = [f"bulk-{number}" for number in range(5000)]
    lines = [orjson.dumps(report_body(one)) for one in ids]
    lines[17] = b"{"
    answer = await client.post(
        "/v1/reports/bulk",
        content=gzip.compress(b"\n".join(lines)),
        headers={"content-type": "application/x-ndjson", "content-encoding": "gzip"},
    )
    results = [orjson.loads(line) for line in answer.content.splitlines()]
    assert [one["line"] for one in results] == list(range(1, 5001))
    assert [one["line"] for one in results if one["status"] != 202] == [18]
    accepted = [one["external_id"] for one in results if one["status"] == 202]
    assert accepted == ids[:17] + ids[18:]
    assert await times_in_log(edge_broker.bootstrap, ids) == dict.fromkeys(accepted, 1)


async def test_reports_on_one_viral_post_are_spread_over_all_partitions(
    client: httpx.AsyncClient, edge_broker: OwnBroker
) -> None:
    ids = [f"viral-{number}" for number in range(200)]
    await post_all(client, ids)
    counted = Counter(
        record.partition
        for record in await read_all(edge_broker.bootstrap, REPORTS)
        if decode(Report, record.value).external_id in ids
    )
    assert len(counted) == REPORTS.partitions
    assert max(counted.values()) < len(ids) / 2


async def test_reports_that_come_together_are_written_together(
    client: httpx.AsyncClient, edge_broker: OwnBroker
) -> None:
    """Each batch costs a flush of the disk on a single broker."""
    before = batches_written(edge_broker.data)
    ids = [f"together-{number}" for number in range(1000)]
    await post_all(client, ids)
    assert batches_written(edge_broker.data) - before <= len(ids) / 4


async def post_all(client: httpx.AsyncClient, ids: Sequence[str]) -> None:
    answer = await client.post(
        "/v1/reports/bulk",
        content=b"\n".join(orjson.dumps(report_body(one)) for one in ids),
        headers={"content-type": "application/x-ndjson"},
    )
    assert {orjson.loads(line)["status"] for line in answer.content.splitlines()} == {202}


def batches_written(data: Path) -> int:
    """Record batches in the files of the log: each says its length after its offset."""
    count = 0
    for file in data.glob(f"{REPORTS.name}-*/*.log"):
        log, place = file.read_bytes(), 0
        while length := int.from_bytes(log[place + 8 : place + 12]):
            place += 12 + length
            count += 1
    return count


async def test_an_accepted_appeal_is_in_its_log_under_the_decision(
    client: httpx.AsyncClient, edge_broker: OwnBroker
) -> None:
    body = {
        "external_id": "appeal-in-the-log",
        "decision_id": "dec_1",
        "appellant": {"kind": "owner"},
        "text": "It quotes a newspaper.",
    }
    answer = await client.post("/v1/appeals", json=body)
    assert answer.status_code == 202
    written = {
        decode(Appeal, record.value).appeal_id: record.key
        for record in await read_all(edge_broker.bootstrap, APPEALS)
    }
    assert written[answer.json()["appeal_id"]] == b"dec_1"


async def test_the_edge_talks_to_nobody_but_kafka(
    edge: EdgeProcess, edge_broker: OwnBroker, client: httpx.AsyncClient
) -> None:
    assert (await client.post("/v1/reports", json=report_body("no-database"))).status_code == 202
    running = psutil.Process(edge.process.pid)
    assert not [name for name in running.environ() if "DATABASE" in name or name.startswith("PG")]
    asked = {
        connection.raddr.port
        for connection in running.net_connections()
        if connection.raddr and connection.laddr.port not in {edge.port, edge.admin_port}
    }
    assert asked == {edge_broker.port}


async def test_a_revoked_key_stops_within_ten_seconds_and_a_new_one_begins(
    edge: EdgeProcess, edge_broker: OwnBroker
) -> None:
    known = api_key("mz_live_short_lived")
    before = PLATFORM.model_copy(update={"revision": 2, "keys": (*PLATFORM.keys, known)})
    revoked = known.model_copy(update={"revoked_at": datetime.fromisoformat("2026-11-20T00:00Z")})
    after = PLATFORM.model_copy(update={"revision": 3, "keys": (*PLATFORM.keys, revoked)})

    async with client_of(edge) as client:
        client.headers["authorization"] = "Bearer mz_live_short_lived"

        async def status() -> int:
            return (await client.post("/v1/reports", json=report_body("short"))).status_code

        async def answered(wanted: int) -> bool:
            return await status() == wanted

        assert await status() == 401
        await publish_reference(edge_broker.bootstrap, platforms=[before])
        await eventually(lambda: answered(202))
        await publish_reference(edge_broker.bootstrap, platforms=[after])
        await eventually(lambda: answered(401), within_seconds=10)


async def test_what_is_accepted_refused_and_warned_is_counted_once(
    edge: EdgeProcess, client: httpx.AsyncClient
) -> None:
    def counts() -> list[float]:
        return [
            edge.metric("mizan_ingest_accepted_total", platform="x", kind="report"),
            edge.metric("mizan_ingest_refused_total", platform="x"),
            edge.metric("mizan_ingest_warned_total", platform="x", code="unknown_field"),
        ]

    before = counts()
    good = report_body("counted-1", colour="red")
    bulk = [report_body("counted-2"), dict[str, object](), report_body("counted-3")]
    await client.post("/v1/reports", json=good)
    await client.post("/v1/reports", json={})
    await client.post(
        "/v1/reports/bulk",
        content=b"\n".join(map(orjson.dumps, bulk)),
        headers={"content-type": "application/x-ndjson"},
    )
    assert [now - then for now, then in zip(counts(), before, strict=True)] == [3, 2, 1]


async def test_told_to_stop_it_answers_what_has_begun_and_loses_nothing(
    edge_broker: OwnBroker, edge_folder: Path
) -> None:
    with edge_process(edge_broker.bootstrap, edge_folder) as edge:
        edge.wait_ready()
        accepted: list[str] = []

        async def ask(sender: int) -> None:
            async with client_of(edge) as client:
                for number in range(10_000):
                    name = f"stop-{sender}-{number}"
                    try:
                        answer = await client.post("/v1/reports", json=report_body(name))
                    except httpx.TransportError:
                        return
                    assert answer.status_code == 202
                    accepted.append(name)

        asking = [asyncio.create_task(ask(sender)) for sender in range(8)]
        await eventually(lambda: enough(accepted))
        edge.process.send_signal(signal.SIGTERM)
        await asyncio.gather(*asking)
        assert await asyncio.to_thread(edge.process.wait, 15) == 0
    stored = await times_in_log(edge_broker.bootstrap, accepted)
    assert stored == dict.fromkeys(accepted, 1)


async def enough(accepted: list[str]) -> bool:
    return len(accepted) > 100

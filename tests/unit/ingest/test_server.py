"""What comes over the wire and is not quite HTTP: refused in its turn, within bounds, or carried
out, and never both.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import orjson
import pytest
import pytest_asyncio

from services.ingest import server
from services.ingest.server import MOST_BESIDE_BODY, http_server
from tests.unit.ingest.edge_parts import EdgeUnderTest, body
from tests.waiting import eventually

KEY = "Authorization: Bearer mz_live_x"
KIND = "Content-Type: application/json"
BODY = orjson.dumps(body())
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)


def request(*lines: str, data: bytes = BODY, length: bool = True, host: bool = True) -> bytes:
    head = ["POST /v1/reports HTTP/1.1", KEY, KIND, *lines]
    head += ["Host: edge"] if host else []
    head += [f"Content-Length: {len(data)}"] if length else []
    return "\r\n".join([*head, "", ""]).encode("latin-1") + data


@dataclass(frozen=True)
class Wire:
    port: int

    async def answers(self, *parts: bytes) -> list[tuple[int, dict[str, object]]]:
        """Status and body of each answer until the connection ends."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
            return _read(await asyncio.wait_for(reader.read(), 20))
        except ConnectionError:
            return []  # cut off while it still sent
        finally:
            writer.close()


def _read(data: bytes) -> list[tuple[int, dict[str, object]]]:
    answers: list[tuple[int, dict[str, object]]] = []
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
        size = int(headers.get("content-length", "0"))
        answers.append((int(status.split()[1]), orjson.loads(rest[:size] or b"{}")))
        if size:
            assert headers["x-request-id"]
        data = rest[size:]
    return answers


@pytest_asyncio.fixture
async def wire(edge: EdgeUnderTest) -> AsyncIterator[Wire]:
    listener = socket.create_server(("127.0.0.1", 0))
    serving = http_server(edge.app)
    task = asyncio.create_task(serving.serve(sockets=[listener]))
    yield Wire(listener.getsockname()[1])
    serving.should_exit = True
    await task
    listener.close()


LAST = "Connection: close"


async def test_a_request_is_answered(edge: EdgeUnderTest, wire: Wire) -> None:
    for sent in (
        request(LAST),
        request(LAST, "Transfer-Encoding: chunked", data=CHUNKED, length=False),
        request(LAST, "Expect: 100-continue"),
    ):
        assert (await wire.answers(sent))[-1][0] == 202
    assert len(edge.sent) == 3


@pytest.mark.parametrize(
    "sent",
    [
        request("Transfer-Encoding: chunked", data=CHUNKED),
        request("Content-Length: 5"),
        request("Content-Length: -5", length=False),
        request("Transfer-Encoding: chunked", data=b"zz\r\n" + BODY, length=False),
        request("Transfer-Encoding: gzip, chunked", data=CHUNKED, length=False),
        request("X Y: 1"),
        request("X-Y: a\r\n b"),
        request("X-Y: a\x00b"),
        request("Host: other"),
        request(host=False),
        request("Connection: Upgrade", "Upgrade: h2c"),
        b"\x16\x03\x01\x00\xa5\x01\x00\x00" + b"a" * 100,
    ],
)
async def test_what_breaks_the_framing_is_a_problem_and_no_record(
    edge: EdgeUnderTest, wire: Wire, sent: bytes
) -> None:
    ((status, problem),) = await wire.answers(sent)
    assert (status, problem["code"], problem["type"]) == (
        400,
        "bad_request",
        "/problems/bad_request",
    )
    assert edge.sent == []


async def test_what_stands_behind_a_body_is_not_answered_400_for_a_report_that_is_stored(
    edge: EdgeUnderTest, wire: Wire
) -> None:
    ((status, _),) = await wire.answers(request() + b"more than its length\r\n\r\n")
    assert status == 400
    assert edge.sent == []


async def test_a_report_that_is_on_its_way_is_answered_and_what_follows_it_is_not(
    edge: EdgeUnderTest, wire: Wire
) -> None:
    edge.producers[0].held = True

    async def is_on_its_way() -> bool:
        return bool(edge.sent)

    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    writer.write(request())
    await eventually(is_on_its_way)
    writer.write(b"\x00 no request")
    ((status, problem),) = _read(await asyncio.wait_for(reader.read(), 20))
    assert (status, problem["code"]) == (503, "kafka_away")
    writer.close()


async def test_requests_that_were_sent_together_are_answered_in_order_up_to_the_broken_one(
    edge: EdgeUnderTest, wire: Wire
) -> None:
    answers = await wire.answers(request() + request() + b"\x00 no request")
    assert [status for status, _ in answers] == [202, 202]
    assert len(edge.sent) == 2


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (b"GET / HTTP/1.1\r\nX-Y: ", b"a" * 4096),
        (b"GET /", b"a" * 4096),
        (b"GET / HTTP/1.1\r\n", b"X-Y: 1\r\n" * 512),
        (request("Transfer-Encoding: chunked", data=b"5;", length=False), b"a" * 4096),
        (request("Transfer-Encoding: chunked", data=b"0\r\n", length=False), b"X: y\r\n" * 512),
        (b"", b"\r\n" * 2048),
    ],
)
async def test_a_head_without_end_is_not_kept(
    edge: EdgeUnderTest, wire: Wire, start: bytes, part: bytes
) -> None:
    await wire.answers(start, *[part] * (MOST_BESIDE_BODY // 4096 + 200))
    assert edge.sent == []


@pytest.mark.parametrize("sent", [b"", b"POST /v1/reports HTTP/1.1\r\nHost: ed"])
async def test_a_head_that_does_not_come_is_not_waited_for(
    wire: Wire, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "WAIT_SECONDS", 0.1)
    ((status, problem),) = await wire.answers(sent)
    assert (status, problem["code"]) == (408, "head_timeout")


async def test_a_body_that_nobody_reads_is_not_waited_for(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "WAIT_SECONDS", 0.1)
    head = b"POST /v1/reports HTTP/1.1\r\nHost: edge\r\nContent-Length: 1000\r\n\r\n"
    ((status, _),) = await wire.answers(head, b"{")
    assert status == 401


async def test_an_expectation_that_is_not_met_is_told(edge: EdgeUnderTest, wire: Wire) -> None:
    ((status, problem),) = await wire.answers(request("Expect: tea", LAST))
    assert (status, problem["code"]) == (417, "expectation")
    assert edge.sent == []

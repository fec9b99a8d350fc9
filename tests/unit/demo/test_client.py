"""The demo's client says the same thing again until it knows what became of it."""

import random
from collections.abc import Callable

import httpx
import orjson
import pytest
from pydantic import JsonValue

from deploy.local.demo.edge import Client, Stopped, StopSignal
from deploy.local.demo.writer import Sending

BODIES: tuple[dict[str, JsonValue], ...] = tuple(
    {"external_id": f"demo.en.w1.{number}"} for number in range(3)
)


class PatientStop(StopSignal):
    """Waits for nothing and remembers how long it was asked to."""

    def __init__(self, most_waits: int = 10) -> None:
        super().__init__()
        self.waits: list[float] = []
        self._most_waits = most_waits

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        if len(self.waits) > self._most_waits:
            raise Stopped


def client(answer: Callable[[httpx.Request], httpx.Response], stop: StopSignal) -> Client:
    return Client(
        http=httpx.AsyncClient(transport=httpx.MockTransport(answer)),
        ingest_url="http://edge",
        review_url="http://review",
        keys={"x": "mz_live_x"},
        stop=stop,
        chance=random.Random(1),
    )


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_edge_gets_the_same_report_again_no_sooner_than_it_asks_for(
    status: int,
) -> None:
    asked: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.content)
        if len(asked) < 3:
            return httpx.Response(status, headers={"retry-after": "7"})
        return httpx.Response(202, json={"warnings": []})

    stop = PatientStop()
    sender = client(answer, stop)
    await sender.send(Sending("x", BODIES[:1]))
    assert len(set(asked)) == 1
    assert len(asked) == 3
    assert min(stop.waits) >= 7
    assert sender.counts == {"retried": 2, "accepted": 1}


async def test_a_lost_connection_is_tried_again_until_the_stop_signal() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody listens", request=request)

    stop = PatientStop(most_waits=6)
    with pytest.raises(Stopped):
        await client(answer, stop).send(Sending("x", BODIES[:1]))
    assert stop.waits[-1] > stop.waits[0]


async def test_lines_of_a_bulk_call_that_were_not_taken_are_sent_again_alone() -> None:
    calls: list[list[str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        ids = [orjson.loads(line)["external_id"] for line in request.content.splitlines()]
        calls.append(ids)
        lines = [
            {"line": number, "status": 503 if len(calls) == 1 and number == 2 else 202}
            for number, _ in enumerate(ids, start=1)
        ]
        return httpx.Response(200, content=b"\n".join(orjson.dumps(line) for line in lines))

    sender = client(answer, PatientStop())
    await sender.send(Sending("x", BODIES))
    assert calls == [[str(body["external_id"]) for body in BODIES], ["demo.en.w1.1"]]
    assert sender.counts == {"accepted": 3}


async def test_a_refused_report_is_counted_and_not_sent_again() -> None:
    sender = client(lambda _: httpx.Response(422, json={}), PatientStop())
    await sender.send(Sending("x", BODIES[:1]))
    assert sender.counts == {"refused": 1}


async def test_a_wait_ends_with_the_stop_signal() -> None:
    stop = StopSignal()
    await stop.sleep(0)
    stop.set()
    with pytest.raises(Stopped):
        await stop.sleep(3600)

"""The player over a product that answers at once and a time that passes when it waits."""

import asyncio
import heapq
import itertools
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import orjson
from pydantic import JsonValue

from deploy.local.demo.edge import Client, Stopped, StopSignal
from deploy.local.demo.phrasebook import load_phrasebooks
from deploy.local.demo.player import Player
from deploy.local.demo.subjects import PLATFORMS
from deploy.local.demo.traffic import first_wave
from tests.unit.demo.test_appeals import event

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
BOOKS = load_phrasebooks()
TURNS_OF_A_REQUEST = 60


class PassingTime(StopSignal):
    """Time that jumps to the next waker when nobody has anything left to do; the stop signal comes
    after `seconds` of it.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.passed = 0.0
        self._seconds = seconds
        self._asleep: list[tuple[float, int, asyncio.Event]] = []
        self._count = itertools.count()

    async def sleep(self, seconds: float) -> None:
        if self.passed + seconds > self._seconds:
            raise Stopped
        awake = asyncio.Event()
        heapq.heappush(self._asleep, (self.passed + seconds, next(self._count), awake))
        await awake.wait()

    async def run(self) -> None:
        while True:
            for _ in range(TURNS_OF_A_REQUEST):
                await asyncio.sleep(0)
            if self._asleep:
                self.passed, _, awake = heapq.heappop(self._asleep)
                awake.set()


@dataclass
class Product:
    """Takes everything; has decided `decisions`, which the first page of a feed tells."""

    decisions: list[JsonValue] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    appeals: list[str] = field(default_factory=list)

    @staticmethod
    def _first_is_asking(request: httpx.Request) -> bool:
        return request.headers["authorization"] == f"Bearer mz_live_{PLATFORMS[0]}"

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/decisions":
            told = "cursor" in request.url.params or not self._first_is_asking(request)
            items = [] if told else self.decisions
            feed = {"items": items, "next_cursor": None, "resume_cursor": "later"}
            return httpx.Response(200, json=feed)
        bodies = [orjson.loads(line) for line in request.content.splitlines()]
        ids = [str(body["external_id"]) for body in bodies]
        if request.url.path == "/v1/appeals":
            self.appeals += [str(body["decision_id"]) for body in bodies]
        else:
            self.reports += ids
        lines = [orjson.dumps({"status": 202, "warnings": []}) for _ in ids]
        bulk = request.url.path.endswith("/bulk")
        return httpx.Response(200 if bulk else 202, content=b"\n".join(lines))


async def play(product: Product, folder: Path, seconds: float, began: datetime = NOW) -> None:
    passing = PassingTime(seconds)
    async with httpx.AsyncClient(transport=httpx.MockTransport(product.answer)) as http:
        client = Client(
            http=http,
            ingest_url="http://edge",
            review_url="http://review",
            keys={name: f"mz_live_{name}" for name in PLATFORMS},
            stop=passing,
            chance=random.Random(1),
        )
        player = Player(
            client=client,
            books=BOOKS,
            seed=1,
            clock=lambda: began + timedelta(seconds=passing.passed),
            monotonic=lambda: passing.passed,
            progress_file=folder / "demo.json",
            pause_file=folder / "demo.pause",
        )
        clockwork = asyncio.create_task(passing.run())
        try:
            await player.play()
        except* Stopped:
            pass
        finally:
            clockwork.cancel()


def of_the_wave() -> int:
    wave = first_wave(BOOKS, seed=1, now=NOW)
    return sum(len(sending.bodies) for sending in (*wave.at_once, *wave.later))


async def test_the_first_wave_is_sent_once_and_the_trickle_goes_on_after_a_restart(
    tmp_path: Path,
) -> None:
    first, second = Product(), Product()
    await play(first, tmp_path, 300)
    await play(second, tmp_path, 300, NOW + timedelta(hours=1))
    waved = [name for name in first.reports if ".w1." in name]
    assert len(waved) == of_the_wave()
    assert len(first.reports) > len(waved) + 20
    assert not [name for name in second.reports if ".w1." in name]
    assert len(second.reports) > 20
    assert not set(first.reports) & set(second.reports)


async def test_a_wave_that_was_cut_off_is_sent_again_under_the_same_ids(tmp_path: Path) -> None:
    cut_off, whole = Product(), Product()
    await play(cut_off, tmp_path, 5)  # the part that is sent later is missing
    await play(whole, tmp_path, 60)
    assert 0 < len(cut_off.reports) < of_the_wave()
    assert set(cut_off.reports) <= set(whole.reports)


async def test_no_report_is_sent_while_the_pause_file_is_there(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text('{"waves": [1]}')
    (tmp_path / "demo.pause").touch()
    paused, resumed = Product(), Product()
    await play(paused, tmp_path, 120)
    (tmp_path / "demo.pause").unlink()
    await play(resumed, tmp_path, 120)
    assert paused.reports == []
    assert resumed.reports


async def test_decisions_in_the_feed_are_appealed_against_once_and_after_a_while(
    tmp_path: Path,
) -> None:
    (tmp_path / "demo.json").write_text('{"waves": [1]}')
    (tmp_path / "demo.pause").touch()
    product = Product([event(number) for number in range(60)])
    await play(product, tmp_path, 14)
    assert product.appeals == []
    await play(product, tmp_path, 900)
    assert 10 < len(product.appeals) < 40
    assert len(set(product.appeals)) == len(product.appeals)
    await play(product, tmp_path, 900)
    assert len(set(product.appeals)) == len(product.appeals)

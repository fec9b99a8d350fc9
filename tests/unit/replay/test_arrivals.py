"""Accepted reports are followed until each is in the queue, or named."""

import asyncio

import httpx
import orjson
import pytest

from services.replay.arrivals import MOST_ASKED, Arrivals
from services.replay.calls import Calls
from services.replay.errors import GaveUp
from services.replay.patience import Patience, Timer
from services.replay.sending import Accepted
from services.replay.tally import Failure, Outcome, Tally
from tests.unit.replay.parts import FakeTime


class Review:
    """A review API that has a report from the `after`th time on that it is asked for it."""

    def __init__(self, states: dict[str, str], after: int = 1) -> None:
        self._states = states
        self._after = after
        self._asked: dict[str, int] = {}
        self.most = 0
        self.calls = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        ids = request.url.params.get_list("report_id")
        self.calls += 1
        self.most = max(self.most, len(ids))
        if self.calls == 1:
            return httpx.Response(503, headers={"retry-after": "1"})
        if self.calls == 2:
            raise httpx.ReadError("reset")
        for name in ids:
            self._asked[name] = self._asked.get(name, 0) + 1
        items = [
            {"report_id": name, "state": self._states[name]}
            for name in ids
            if name in self._states and self._asked[name] >= self._after
        ]
        return httpx.Response(200, content=orjson.dumps({"items": items, "next_cursor": None}))


class Followed:
    def __init__(self, review: Review) -> None:
        self.time = FakeTime()
        self.failures: list[Failure] = []
        self.tally = Tally(self.failures.append)
        timer = Timer(self.time.now, self.time.sleep)
        client = httpx.AsyncClient(transport=httpx.MockTransport(review))
        self.arrivals = Arrivals(
            calls=Calls(client, ingest_url="http://edge", review_url="http://review", key="k"),
            patience=Patience(timer, 60, lambda _: None),
            timer=timer,
            tally=self.tally,
        )

    async def run(self, count: int) -> None:
        await self.arrivals.expect([Accepted(n, f"rep_{n}", f"ext-{n}") for n in range(count)])
        self.arrivals.close()
        await self.arrivals.follow()


async def test_all_are_seen_through_a_busy_and_a_lost_call_a_hundred_at_a_time() -> None:
    review = Review({f"rep_{n}": "queued" for n in range(350)}, after=3)
    followed = Followed(review)
    await followed.run(350)
    assert followed.tally.visible == 350
    assert followed.failures == []
    assert review.most == MOST_ASKED


async def test_a_quarantined_report_is_named_and_not_waited_for() -> None:
    followed = Followed(Review({"rep_0": "queued", "rep_1": "quarantined", "rep_2": "decided"}))
    await followed.run(3)
    assert followed.tally.visible == 2
    (failure,) = followed.failures
    assert (failure.line, failure.outcome, failure.external_id) == (1, Outcome.QUARANTINED, "ext-1")


async def test_what_never_arrives_is_named_when_patience_ends_and_is_asked_for_seldom() -> None:
    review = Review({"rep_1": "queued"})
    followed = Followed(review)
    with pytest.raises(GaveUp, match="do not come into the queue"):
        await followed.run(2)
    assert [(one.line, one.outcome) for one in followed.failures] == [(0, Outcome.NOT_SEEN)]
    assert review.calls < 60 / 0.25


async def test_sending_waits_while_too_many_are_on_the_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.replay.arrivals.MOST_PENDING", 5)
    followed = Followed(Review({f"rep_{n}": "queued" for n in range(10)}))
    expecting = asyncio.create_task(followed.run(10))
    await asyncio.sleep(0)
    assert not expecting.done()
    following = asyncio.create_task(followed.arrivals.follow())
    await expecting
    await following
    assert followed.tally.visible == 10

"""Each line is accepted or named once, whatever the connection does on the way."""

import asyncio

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.replay.errors import GaveUp, WrongUse
from services.replay.reading import Line
from services.replay.sending import MOST_BYTES, Ready, batches
from services.replay.tally import Outcome
from tests.unit.ingest.edge_parts import body
from tests.unit.replay.parts import Fault, feed, replaying, reports

FAULTS = st.lists(st.sampled_from(list(Fault)), max_size=8)
KINDS = st.lists(st.sampled_from(["good", "bad", "broken"]), max_size=12)


@settings(max_examples=40, deadline=None)
@given(faults=FAULTS, kinds=KINDS)
def test_every_line_is_accepted_or_refused_once(faults: list[Fault], kinds: list[str]) -> None:
    names = [f"{kind}-{number}" for number, kind in enumerate(kinds)]

    async def run() -> None:
        async with replaying(*faults) as replay:
            await replay.sender().send(feed(reports(*names)))
            accepted = [one.external_id for one in replay.accepted]
            assert accepted == [name for name in names if name.startswith("good")]
            assert replay.tally.accepted == len(accepted)
            assert sorted((one.line, one.outcome) for one in replay.failures) == [
                (number, Outcome.REFUSED)
                for number, name in enumerate(names, start=1)
                if not name.startswith("good")
            ]
            assert set(replay.in_the_log) == set(accepted)

    asyncio.run(run())


async def test_what_may_have_been_taken_is_sent_again_under_the_same_id() -> None:
    async with replaying(Fault.UNANSWERED) as replay:
        await replay.sender().send(feed(reports("a")))
    assert replay.in_the_log == ["a", "a"]
    assert [one.external_id for one in replay.accepted] == ["a"]


async def test_lines_that_the_log_did_not_take_are_sent_again_and_no_others() -> None:
    async with replaying() as replay:
        (producer,) = replay.edge.producers
        producer.held = True
        replay.time.meanwhile = producer.release
        await replay.sender().send(feed(reports("a")))
        assert "503 kafka_away" in replay.said[0]
    assert set(replay.in_the_log) == {"a"}
    assert replay.tally.accepted == 1


async def test_retry_after_is_waited_for() -> None:
    async with replaying(Fault.BUSY) as replay:
        await replay.sender().send(feed(reports("a")))
    assert 3 <= replay.time.slept[0] < 4
    assert "503" in replay.said[0]


async def test_a_lost_connection_is_tried_again_after_growing_pauses_until_patience_ends() -> None:
    async with replaying(*[Fault.LOST] * 100) as replay:
        with pytest.raises(GaveUp, match="no answer from http://edge"):
            await replay.sender().send(feed(reports("a", "b")))
    assert replay.time.slept[0] < 0.5
    assert replay.time.slept[-1] > 4
    assert 50 < sum(replay.time.slept) <= 60
    assert [(one.line, one.outcome) for one in replay.failures] == [(1, Outcome.NOT_SENT)]


async def test_the_server_is_not_asked_for_more_than_it_allows() -> None:
    """It has none left, gets one a second, and at most ten: so ten go every ten seconds."""
    async with replaying() as replay:
        replay.transport.says = {
            "ratelimit": '"reports";r=0;t=10',
            "ratelimit-policy": '"reports";q=10;w=10',
        }
        await replay.sender().send(feed(reports(*(f"r-{n}" for n in range(21)))))
    assert replay.time.slept == [10, 10]
    assert len(replay.transport.requests) == 3


async def test_the_rate_that_was_asked_for_is_kept() -> None:
    """The last ten begin when the time of the forty-one before them is over."""
    async with replaying() as replay:
        await replay.sender(rate=10).send(feed(reports(*(f"r-{n}" for n in range(51)))))
    assert sum(replay.time.slept) == pytest.approx(4.1)
    assert len(replay.transport.requests) == 6


async def test_a_bad_key_ends_it_before_anything_is_named() -> None:
    async with replaying(key="mz_live_nobody") as replay:
        with pytest.raises(WrongUse, match="401 bad_key"):
            await replay.sender().send(feed(reports("a", "b")))
    assert replay.failures == []


async def test_an_unknown_policy_of_a_table_ends_it_with_nothing_stored() -> None:
    line = Line(2, orjson.dumps(body(external_id="a", reason={"policy_id": "nonsense"})), 1)
    async with replaying() as replay:
        with pytest.raises(WrongUse, match="no policy nonsense"):
            await replay.sender(policy="nonsense").send(feed([line]))
    assert replay.in_the_log == []


@pytest.mark.parametrize("policy", [None, "terrorism"])
async def test_a_key_of_another_platform_ends_it_at_the_first_line(policy: str | None) -> None:
    subject = {"kind": "content", "url": "https://x.com/i/status/1"}
    if policy is None:
        subject = {"kind": "content", "platform_id": "1"}
    lines = [Line(n, orjson.dumps(body(external_id=f"{n}", subject=subject)), n) for n in (1, 2)]
    async with replaying(key="mz_live_facebook") as replay:
        with pytest.raises(WrongUse, match="not one of platform x"):
            await replay.sender(policy=policy).send(feed(lines))
    assert len(replay.in_the_log) == (1 if policy is None else 0)


async def test_warnings_are_counted_by_what_they_say() -> None:
    lines = [Line(n, orjson.dumps(body(external_id=f"{n}", more=1)), n) for n in range(3)]
    async with replaying() as replay:
        await replay.sender().send(feed(lines))
    assert replay.tally.warnings == {"unknown_field /more": 3}


@given(st.lists(st.integers(1, MOST_BYTES), max_size=20))
def test_batches_keep_order_and_none_is_too_large(sizes: list[int]) -> None:
    lines = [Ready(number, bytes(size)) for number, size in enumerate(sizes)]
    found = list(batches(lines))
    assert [line for batch in found for line in batch] == lines
    for batch in found:
        assert batch
        assert len(batch) == 1 or sum(len(line.body) + 1 for line in batch) <= MOST_BYTES

"""The pace is the slower of what was asked for and what the server allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.errors import Unavailable
from services.ingest.limits import Bucket, Limits
from services.replay.pacing import MOST_LINES, Allowance, Pace, allowance_of


def headers(limits: Limits, count: int, rate: float) -> dict[str, str]:
    allowance = limits.take("key", Bucket.REPORTS, rate, count=count)
    return {name.decode(): value.decode() for name, value in allowance.headers()}


def test_what_the_edge_says_of_its_limits_is_understood() -> None:
    said = headers(Limits(lambda: 0.0), 400, 200)
    assert allowance_of(said) == Allowance(remaining=4600, most=5000, per_second=200)


@pytest.mark.parametrize(
    "said",
    [{}, {"ratelimit": '"reports";r=1;t=1'}, {"ratelimit": "7", "ratelimit-policy": "q"}],
)
def test_a_server_that_says_nothing_sets_no_limit(said: dict[str, str]) -> None:
    assert allowance_of(said) is None
    assert Pace().seconds_until(10_000, now=0) == 0


@given(
    rate=st.floats(0.5, 5000),
    counts=st.lists(st.integers(1, MOST_LINES), min_size=1, max_size=60),
    latency=st.floats(0, 0.5),
)
def test_an_edge_that_is_paced_by_its_own_word_never_has_to_refuse(
    rate: float, counts: list[int], latency: float
) -> None:
    now = [100.0]
    limits, pace = Limits(lambda: now[0]), Pace()
    for count in counts:
        now[0] += pace.seconds_until(count, now[0])
        try:
            said = headers(limits, count, rate)
        except Unavailable:
            pytest.fail("refused")
        now[0] += latency
        pace.told(allowance_of(said), now[0])


@given(rate=st.floats(0.1, 2000), requests=st.integers(1, 50))
def test_the_asked_rate_is_kept_over_any_number_of_requests(rate: float, requests: int) -> None:
    now, sent = 0.0, 0
    pace = Pace(rate)
    for _ in range(requests):
        now += pace.seconds_until(pace.most_lines, now)
        assert sent <= rate * now + 1
        pace.sent(pace.most_lines, now)
        sent += pace.most_lines

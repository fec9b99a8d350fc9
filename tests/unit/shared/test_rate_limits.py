"""A bucket gives what it holds, fills by time, and says how long to wait."""

from shared.rate_limits import Limits, Rate

RATE = Rate("status", per_second=2, capacity=4)


class Hours:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_full_bucket_gives_its_capacity_and_then_says_how_long_to_wait() -> None:
    limits = Limits(Hours())
    assert [limits.take("k", RATE).remaining for _ in range(4)] == [3, 2, 1, 0]
    refused = limits.take("k", RATE)
    assert (refused.remaining, refused.retry_after) == (0, 1)
    assert refused.headers() == {
        "RateLimit": '"status";r=0;t=2',
        "RateLimit-Policy": '"status";q=4;w=2',
    }


def test_it_fills_with_time_and_never_beyond_its_capacity() -> None:
    clock = Hours()
    limits = Limits(clock)
    limits.take("k", RATE, count=4)
    clock.now = 1.0
    assert limits.take("k", RATE, count=3).retry_after == 1
    assert limits.take("k", RATE, count=2).retry_after == 0
    clock.now = 3600.0
    assert limits.take("k", RATE).remaining == 3


def test_keys_and_kinds_of_calls_have_buckets_of_their_own() -> None:
    limits = Limits(Hours())
    limits.take("k", RATE, count=4)
    assert limits.take("other", RATE).remaining == 3
    assert limits.take("k", Rate("webhooks", 1, 10)).remaining == 9


def test_with_too_many_keys_nobody_is_treated_more_strictly() -> None:
    limits = Limits(Hours(), most_levels=2)
    limits.take("a", RATE, count=4)
    limits.take("b", RATE)
    limits.take("c", RATE)
    assert limits.take("a", RATE).remaining == 3

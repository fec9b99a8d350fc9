"""When a delivery is tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.review.webhooks.rules import (
    GIVE_UP_AFTER,
    Answer,
    Outcome,
    asked_for,
    next_attempt_at,
    outcome_of,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (204, Outcome.DELIVERED),
        (100, Outcome.RETRY),
        (302, Outcome.RETRY),
        (400, Outcome.RETRY),
        (404, Outcome.RETRY),
        (410, Outcome.GONE),
        (429, Outcome.RETRY),
        (500, Outcome.RETRY),
        (None, Outcome.RETRY),
    ],
)
def test_only_2xx_is_a_delivery_and_only_410_is_an_end(
    status: int | None, outcome: Outcome
) -> None:
    assert outcome_of(Answer(status, 1)) is outcome


@given(st.lists(st.floats(0, 1), min_size=60, max_size=60))
def test_an_endpoint_that_always_fails_is_tried_for_75_hours_and_no_longer(
    chances: list[float],
) -> None:
    now, tries = NOW, 0
    for chance in chances:
        tries += 1
        at = next_attempt_at(Answer(500, 1), attempts=tries, since=NOW, now=now, chance=chance)
        if at is None:
            break
        assert at > now
        now = at
    assert now == NOW + GIVE_UP_AFTER
    assert 12 <= tries <= 30


def test_chance_spreads_the_tries_of_many() -> None:
    def at(chance: float) -> datetime | None:
        return next_attempt_at(Answer(500, 1), attempts=5, since=NOW, now=NOW, chance=chance)

    assert len({at(chance / 10) for chance in range(11)}) == 11


def test_a_429_is_left_alone_for_as_long_as_it_asks() -> None:
    answer = Answer(429, 1, retry_after="7200")
    at = next_attempt_at(answer, attempts=1, since=NOW, now=NOW, chance=0.5)
    assert at == NOW + timedelta(hours=2)


@pytest.mark.parametrize(
    "value", ["-5", "1e9", "soon", "", "99999999999", "\u0663", "Mon, 01 Jan 2001 00:00:00 GMT"]
)
def test_a_retry_after_that_makes_no_sense_is_passed_over(value: str) -> None:
    assert asked_for(value, NOW) is None


def test_a_retry_after_may_be_a_date() -> None:
    assert asked_for("Tue, 24 Nov 2026 13:00:00 GMT", NOW) == NOW + timedelta(hours=1)

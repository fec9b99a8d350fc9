"""What a restored database lacks comes back in its order, and what was overtaken is seen."""

from datetime import UTC, datetime, timedelta

from services.review.decisions.log_headers import Origin, origin_headers, origin_of
from services.review.restore.rules import (
    PASSED_OVER,
    Told,
    WaitingGroup,
    in_feed_order,
    taken_back,
)
from shared.contracts.decision import EventType, QuarantineData, QuarantineEvent
from shared.contracts.identifiers import Environment, EventId, PlatformId, ReportId

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def told(number: int, position: int | None = None, *, place: tuple[int, int] = (0, 0)) -> Told:
    at = NOON + timedelta(seconds=number)
    data = QuarantineData(
        report_id=ReportId("rep"),
        platform=PlatformId("x"),
        environment=Environment.LIVE,
        quarantined_at=at,
    )
    event = QuarantineEvent(
        event_id=EventId(f"evt-{number}"),
        type=EventType.REPORT_QUARANTINED,
        timestamp=at,
        data=data,
    )
    return Told(event, "", Origin(position), None, place)


def order(missing: list[Told], last: int) -> list[tuple[int, str]]:
    return [(position, one.event.event_id) for position, one in in_feed_order(missing, last)]


def test_events_take_the_places_that_they_had() -> None:
    assert order([told(1, 12), told(2, 11), told(3, 13)], 10) == [
        (11, "evt-2"),
        (12, "evt-1"),
        (13, "evt-3"),
    ]


def test_events_without_places_of_their_own_follow_as_they_were_told() -> None:
    expected = [(11, "evt-1"), (12, "evt-2")]
    assert order([told(2), told(1)], 10) == expected
    assert order([told(2, 11), told(1)], 10) == expected, "one has none"
    assert order([told(2, 11), told(1, 13)], 10) == expected, "a gap"
    assert order([told(2, 9), told(1, 10)], 10) == expected, "places that are taken"


def test_events_of_one_moment_keep_the_order_of_the_log() -> None:
    first, second = told(1, place=(0, 4)), told(1, place=(0, 5))
    assert in_feed_order([second, first], 0) == [(1, first), (2, second)]


def test_nothing_is_placed_where_nothing_is_missing() -> None:
    assert in_feed_order([], 7) == []


def waiting(seconds_before_noon: float, *decisions: str) -> WaitingGroup:
    at = NOON - timedelta(seconds=seconds_before_noon)
    return WaitingGroup("grp", frozenset(decisions), at)


LONG = PASSED_OVER.total_seconds() + 1


def test_a_draft_that_the_relay_passed_over_was_taken_back() -> None:
    assert taken_back([waiting(LONG, "dec")], {"another"}, NOON) == ["grp"]


def test_a_draft_that_may_still_have_been_waiting_is_told() -> None:
    assert taken_back([waiting(LONG - 2, "dec")], set(), NOON) == []


def test_a_draft_of_a_decision_that_was_told_is_not_taken_back() -> None:
    assert taken_back([waiting(LONG, "dec", "other")], {"other"}, NOON) == []


def test_an_empty_log_takes_nothing_back() -> None:
    assert taken_back([waiting(LONG, "dec")], set(), None) == []


def test_what_a_record_says_of_its_origin_is_read_again() -> None:
    origin = Origin(position=7, decided_by="rev_1")
    assert origin_of(origin_headers(origin)) == origin
    assert origin_of([("traceparent", b"00")]) == Origin()


def test_an_origin_that_nobody_can_read_is_as_good_as_none() -> None:
    damaged = [("feed-position", b"\xff"), ("decided-by", b"")]
    assert origin_of(damaged) == Origin()
    assert origin_of([("feed-position", "٧".encode())]) == Origin()

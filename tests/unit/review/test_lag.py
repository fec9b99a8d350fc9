"""A consumer is behind by the age of what it has not taken, and by nothing when it has all."""

from datetime import UTC, datetime, timedelta

from services.review.jobs.lag import Lag
from services.review.jobs.positions import Position
from shared.kafka.dead_letters import RawRecord

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def record(offset: int, age: float, partition: int = 0) -> RawRecord:
    stamp = int((NOW - timedelta(seconds=age)).timestamp() * 1000)
    return RawRecord("reports", partition, offset, stamp, None, b"")


def stood(next_offset: int, age: float) -> dict[int, Position]:
    return {0: Position(0, "id", next_offset, NOW - timedelta(seconds=age))}


def test_the_oldest_record_in_hand_counts() -> None:
    in_hand = [record(5, 30), record(6, 20), record(0, 45, partition=1)]
    assert Lag({}).seconds(NOW, in_hand=in_hand, unread={}) == 45


def test_a_backlog_counts_after_the_batch_in_hand_is_taken() -> None:
    lag = Lag({})
    lag.taken([record(0, 60), record(1, 50)])
    assert lag.seconds(NOW, in_hand=[], unread={0: (2, 1000)}) == 50


def test_all_taken_is_no_lag_however_old_the_last_record_is() -> None:
    lag = Lag({})
    lag.taken([record(0, 3600)])
    assert lag.seconds(NOW, in_hand=[], unread={0: (1, 1)}) == 0


def test_what_is_read_again_after_a_rewind_is_no_lag() -> None:
    again = [record(8, 500), record(9, 400)]
    assert Lag(stood(10, 400)).seconds(NOW, in_hand=again, unread={0: (10, 10)}) == 0


def test_a_batch_that_is_never_taken_shows_more_lag_each_time() -> None:
    lag, stuck = Lag(stood(10, 400)), [record(10, 100)]
    assert lag.seconds(NOW, in_hand=stuck, unread={0: (11, 11)}) == 100
    later = NOW + timedelta(seconds=60)
    assert lag.seconds(later, in_hand=stuck, unread={0: (11, 11)}) == 160


def test_a_restart_far_behind_shows_its_lag_before_the_first_record_is_read() -> None:
    assert Lag(stood(10, 400)).seconds(NOW, in_hand=[], unread={0: (4, 500)}) == 400


def test_a_burst_after_a_quiet_hour_is_as_old_as_the_burst() -> None:
    lag = Lag(stood(10, 3600))
    assert lag.seconds(NOW - timedelta(seconds=2), in_hand=[], unread={0: (10, 10)}) == 0
    assert lag.seconds(NOW, in_hand=[], unread={0: (10, 5000)}) == 2
    assert lag.seconds(NOW, in_hand=[record(10, 1)], unread={0: (11, 5000)}) == 1


def test_the_records_not_taken_are_those_in_hand_and_those_up_to_the_end() -> None:
    in_hand = [record(8, 5), record(9, 5), record(10, 5)]
    unread = {0: (11, 15), 1: (3, 3)}
    assert Lag({}).records(in_hand=in_hand, unread=unread) == 3 + 4
    # what lies before the position was taken before a rewind
    assert Lag(stood(10, 5)).records(in_hand=in_hand, unread=unread) == 1 + 4
    assert Lag(stood(15, 5)).records(in_hand=in_hand, unread=unread) == 0

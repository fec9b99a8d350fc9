"""A consumer begins only in the very log that it has read so far."""

import pytest

from services.review.jobs.positions import Position, PositionRefused, check_positions


def check(*, at: int, topic_id: str = "same", begin: int = 0, end: int = 100) -> None:
    check_positions(
        {2: Position(2, "same", at, None)},
        topic="scored-reports",
        topic_id=topic_id,
        begins={2: begin},
        ends={2: end},
    )


@pytest.mark.parametrize("at", [0, 50, 100])
def test_a_position_inside_the_log_or_at_its_end_is_taken_up(at: int) -> None:
    check(at=at)


def test_a_position_past_the_end_is_refused_because_the_log_has_lost_records() -> None:
    with pytest.raises(PositionRefused, match="scored-reports/2 ends at 100, but was read to 101"):
        check(at=101)


def test_a_topic_that_was_made_anew_is_refused_although_its_name_is_the_same() -> None:
    with pytest.raises(PositionRefused, match="another topic"):
        check(at=50, topic_id="other")


def test_a_position_before_the_beginning_is_refused_because_records_aged_out_unread() -> None:
    with pytest.raises(PositionRefused, match="aged out unread"):
        check(at=9, begin=10)


def test_a_partition_that_was_never_read_has_nothing_to_check() -> None:
    check_positions({}, topic="scored-reports", topic_id="any", begins={}, ends={})

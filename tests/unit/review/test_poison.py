"""What counts as a fault of the data, and what is an outage to be waited for."""

import pytest
from sqlalchemy.exc import DBAPIError

from services.review.jobs.duty import LostLeadership
from services.review.jobs.log_duty import is_poison
from shared.contracts.codec import Undecodable


class Refusal(Exception):
    """What a driver raises: a state of the server, or none when it did not come that far."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def from_database(sqlstate: str | None) -> DBAPIError:
    return DBAPIError("insert", {}, Refusal(sqlstate))


@pytest.mark.parametrize("sqlstate", ["22P05", "22021", "22003", "23514", "23502"])
def test_data_that_the_database_can_never_take_is_poison(sqlstate: str) -> None:
    assert is_poison(from_database(sqlstate))


def test_bytes_that_are_no_message_are_poison() -> None:
    assert is_poison(Undecodable("/report: missing"))


@pytest.mark.parametrize(
    "sqlstate",
    [
        None,  # the connection broke
        "08006",  # connection failure
        "40001",  # serialisation failure
        "40P01",  # deadlock
        "53100",  # disk full
        "53300",  # too many connections
        "55P03",  # lock not available
        "57014",  # statement timeout
        "57P01",  # the server shuts down
        "25P03",  # idle in transaction
        "42P01",  # no such table: another schema than this code's
        "42501",  # not allowed
        "23503",  # a platform or queue that is not seeded yet
    ],
)
def test_an_outage_is_never_poison(sqlstate: str | None) -> None:
    assert not is_poison(from_database(sqlstate))


@pytest.mark.parametrize("error", [OSError(), TimeoutError(), LostLeadership("sink"), KeyError()])
def test_what_is_no_named_error_of_the_data_is_never_poison(error: Exception) -> None:
    assert not is_poison(error)

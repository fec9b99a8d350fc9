"""A server that went away is an outage, a wrong query is a mistake."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from services.review.database.outage import is_outage


def as_the_library_has_it(cause: Exception) -> DBAPIError:
    """The driver's error inside the dialect's, inside SQLAlchemy's."""
    translated = Exception(str(cause))
    translated.__cause__ = cause
    translated.sqlstate = getattr(cause, "sqlstate", None)  # type: ignore[attr-defined]  # as the dialect sets it
    return DBAPIError("select 1", None, translated)


@pytest.mark.parametrize(
    "cause",
    [
        asyncpg.InternalClientError("cannot switch to state 12; another operation is in progress"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.DeadlockDetectedError("deadlock detected"),
        asyncpg.TransactionTimeoutError("terminating connection due to transaction timeout"),
        asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT in a read-only transaction"),
    ],
    ids=lambda cause: type(cause).__name__,
)
def test_what_a_server_that_dies_leaves_behind_is_an_outage(cause: Exception) -> None:
    assert is_outage(as_the_library_has_it(cause))
    assert is_outage(cause)


@pytest.mark.parametrize(
    "cause",
    [
        asyncpg.UndefinedColumnError("no such column"),
        asyncpg.InterfaceError("the server expects 1 argument for this query, 2 were passed"),
    ],
    ids=lambda cause: type(cause).__name__,
)
def test_a_wrong_query_is_no_outage(cause: Exception) -> None:
    assert not is_outage(as_the_library_has_it(cause))
    assert not is_outage(cause)

"""Trouble with the database, told from a mistake in what we ask of it. Pure."""

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.errors import Transient

# Whatever asyncpg raises. Its errors have no class in common.
OF_THE_DRIVER = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
# SQLSTATE classes after which the same request may succeed: connection, rollback (deadlock),
# resources, locks and time-outs, operator intervention.
PASSING = frozenset({"08", "40", "53", "55", "57"})
# A server that takes no writes (for the moment, when it is a standby), and transactions that it
# ended because they were idle or took too long.
PASSING_STATES = frozenset({"25006", "25P03", "25P04"})


def is_outage(error: BaseException) -> bool:
    """Whether asking again in a moment may help. A wrong query is a mistake, never an outage."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _passes(error.orig) or _is_lost(error.orig)
    if isinstance(error, OF_THE_DRIVER):
        # where there is no session, and while a connection is opened
        return _passes(error) or _is_lost(error)
    return isinstance(error, Transient | PoolTimeout | OSError)


def _passes(error: BaseException | None) -> bool:
    state = str(getattr(error, "sqlstate", None) or "")
    return state[:2] in PASSING or state in PASSING_STATES


def _is_lost(error: BaseException | None) -> bool:
    """Whether the driver no longer knows what it was waiting for: its server went away in the
    middle, and the end of the connection has not been seen yet.
    """
    lost = asyncpg.InternalClientError
    return isinstance(error, lost) or isinstance(getattr(error, "__cause__", None), lost)

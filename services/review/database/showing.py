"""What a process shows of its way to the database."""

from sqlalchemy.pool import AsyncAdaptedQueuePool

from services.review.database.engine import Database
from services.review.metrics import DATABASE_CONNECTIONS, DATABASE_CONNECTIONS_MOST


def show_connections(database: Database, most: int) -> None:
    """Of the pool, read whenever the page is."""
    pool = database.engine.pool
    assert isinstance(pool, AsyncAdaptedQueuePool)
    DATABASE_CONNECTIONS.set_function(pool.checkedout)
    DATABASE_CONNECTIONS_MOST.set(most)

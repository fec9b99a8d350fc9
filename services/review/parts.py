"""What every request handler needs, made once by the application factory."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from services.review.cases.queue_counts import QueueCounts
from services.review.database.engine import Database
from services.review.settings import Settings
from shared.clock import Clock, NewId


@dataclass(frozen=True)
class Parts:
    """`clock` is for what a caller is shown; leases and deadlines go by the database's time."""

    settings: Settings
    database: Database
    clock: Clock
    new_id: NewId
    queue_counts: QueueCounts


def parts_of(connection: HTTPConnection) -> Parts:
    """The parts of the application that serves this request."""
    parts = connection.app.state.parts
    assert isinstance(parts, Parts)
    return parts


HasParts = Annotated[Parts, Depends(parts_of)]

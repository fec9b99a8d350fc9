"""What every request handler needs, made once by the application factory."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from services.review.cases.queue_counts import QueueCounts
from services.review.cases.share_rules import Share
from services.review.database.engine import Database
from services.review.settings import Settings
from shared.clock import Clock, NewId
from shared.rate_limits import Limits


class Stopping:
    """Whether the process is asked to stop: answers that go on and on end then."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()

    def ask(self) -> None:
        self._asked.set()

    async def within(self, seconds: float) -> bool:
        """Waits so long, or until the stop is asked for: then True."""
        try:
            async with asyncio.timeout(seconds):
                return await self._asked.wait()
        except TimeoutError:
            return False


@dataclass(frozen=True)
class Parts:
    """`clock` is for what a caller is shown; leases and deadlines go by the database's time.
    `chance` gives a number from 0 to 1.
    """

    settings: Settings
    database: Database
    clock: Clock
    new_id: NewId
    queue_counts: QueueCounts
    limits: Limits = field(default_factory=lambda: Limits(time.monotonic))
    stopping: Stopping = field(default_factory=Stopping)
    chance: Callable[[], float] = random.random

    def draw_share(self) -> Share:
        """Of imminent harm, for one claim."""
        return Share(self.settings.imminent_share, self.chance())


def parts_of(connection: HTTPConnection) -> Parts:
    """The parts of the application that serves this request."""
    parts = connection.app.state.parts
    assert isinstance(parts, Parts)
    return parts


HasParts = Annotated[Parts, Depends(parts_of)]

"""Follows accepted reports until they are in the queue, while others are still being sent."""

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import islice

from services.replay.calls import Busy, Calls
from services.replay.errors import GaveUp, Unreachable
from services.replay.patience import Patience, Timer
from services.replay.sending import Accepted
from services.replay.tally import Failure, Outcome, Tally

MOST_ASKED = 100
MOST_PENDING = 100_000
LOOK_SECONDS = 0.3
QUARANTINED = "quarantined"


class Arrivals:
    """Asks for the eldest hundred at a time, and again only after a while where none has come."""

    def __init__(self, *, calls: Calls, patience: Patience, timer: Timer, tally: Tally) -> None:
        self._calls = calls
        self._patience = patience
        self._timer = timer
        self._tally = tally
        self._pending: deque[Accepted] = deque()
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._closed = False

    async def expect(self, accepted: Sequence[Accepted]) -> None:
        """Returns when there is room: what is accepted does not run away from what has arrived."""
        self._pending.extend(accepted)
        self._changed.set()
        while len(self._pending) > MOST_PENDING:
            self._room.clear()
            await self._room.wait()

    def close(self) -> None:
        """No more will be expected."""
        self._closed = True
        self._changed.set()

    async def follow(self) -> None:
        """Returns when all have arrived and no more are expected.

        Raises GaveUp, after those that did not arrive are named.
        """
        try:
            while True:
                if self._pending:
                    await self._look()
                elif self._closed:
                    return
                else:
                    self._changed.clear()
                    await self._changed.wait()
                    self._patience.moved()
        except GaveUp as error:
            for one in self._pending:
                self._fail(one, Outcome.NOT_SEEN, str(error))
            raise

    async def _look(self) -> None:
        asked = list(islice(self._pending, MOST_ASKED))
        try:
            states = await self._calls.states([one.report_id for one in asked])
        except Unreachable as error:
            await self._patience.wait(str(error))
            return
        if isinstance(states, Busy):
            await self._patience.wait(states.reason, states.seconds)
            return
        for one in asked:
            self._pending.popleft()
            state = states.get(one.report_id)
            if state is None:
                self._pending.append(one)
            elif state == QUARANTINED:
                self._fail(one, Outcome.QUARANTINED, "see mizan dead-letters list")
            else:
                self._tally.visible += 1
        self._room.set()
        if states:
            self._patience.moved()
        else:
            self._patience.check("accepted reports do not come into the queue", LOOK_SECONDS)
            await self._timer.sleep(LOOK_SECONDS)

    def _fail(self, one: Accepted, outcome: Outcome, reason: str) -> None:
        self._tally.fail(Failure(one.line, outcome, outcome.value, reason, one.external_id))

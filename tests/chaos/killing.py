"""Carries out the plan: kills each role at a moment when enough of its work is in flight.

What is in flight, by role: reports posted and not answered (edge, broker); records that a consumer
has not committed (scoring); calls of reviewers under way (review API, database); scored reports
not taken, drafts, events, deliveries and audit entries on their way (review worker).
"""

import asyncio
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import httpx

from tests.chaos.backlog import MATCHING, SCORING, Away, Backlog
from tests.chaos.calls import UnderWay
from tests.chaos.plan import LEAST_IN_FLIGHT, Role, Step
from tests.chaos.posting import Postbox
from tests.running_stack import RunningStack
from tests.waiting import eventually

LOOK_SECONDS = 0.02
SOON_SECONDS = 0.003
# Posted when nothing is, so that a role has work: it sees that of platforms in a moment.
RELEASED = 24
RELEASED_FOR_REVIEWERS = 1
OF_REVIEWERS = {Role.REVIEW_API, Role.DATABASE}
# Roles so quick that it is chance to see them at work, and how much is piled up before them.
PILES = {Role.SCORE: 120, Role.MATCH: 100}
LET_GO_SECONDS = 0.01
QUIET_SECONDS = 30.0
HEALED_SECONDS = 60.0
TRIES = 3


class TooQuiet(AssertionError):
    """A role would have died, or died, with too little in flight to mean anything."""


@dataclass(frozen=True)
class Shot:
    """A death, and how much was in flight."""

    role: Role
    in_flight: int


class Killer:
    """`say` is told each death as it happens, `stepped` is called after each step of the plan."""

    def __init__(
        self,
        stack: RunningStack,
        *,
        postbox: Postbox,
        reviewing: UnderWay,
        backlog: Backlog,
        chance: random.Random,
        say: Callable[[str], None],
        stepped: Callable[[], None] = lambda: None,
    ) -> None:
        self._stack = stack
        self._postbox = postbox
        self._reviewing = reviewing
        self._backlog = backlog
        self._chance = chance
        self._say = say
        self._stepped = stepped
        self._ready = stack.ready()
        self._http = httpx.AsyncClient(trust_env=False, timeout=3)  # making one is slow
        self.shots: list[Shot] = []

    async def carry_out(self, steps: Sequence[Step]) -> None:
        """Releases a share of the envelopes around each death. Raises TooQuiet."""
        share = max(1, self._postbox.left // (8 * len(steps)))  # leaves most for afterwards
        for step in steps:
            self._postbox.release(share)
            old = await self._shoot(step.role)
            self._postbox.release(share)
            if not step.at_once:
                await self.healed(step.role, old)
            self._stepped()
        for role in Role:
            await self.healed(role, None)

    async def close(self) -> None:
        await self._http.aclose()

    async def _shoot(self, role: Role) -> int:
        """Pid of the dead. A shot that found too little in flight is made again."""
        for _ in range(TRIES):
            pid, before = await self.at_work(role)
            os.kill(pid, signal.SIGKILL)
            shot = Shot(role, await self._left_by(role, before))
            self._say(f"killed {role} with {shot.in_flight} in flight")
            if shot.in_flight >= LEAST_IN_FLIGHT[role]:
                self.shots.append(shot)
                return pid
            await self.healed(role, pid)
            self._postbox.release(1)
        raise TooQuiet(f"{role} died {TRIES} times with too little in flight")

    async def at_work(self, role: Role) -> tuple[int, int]:
        """Pid of the role, and how much of its work is in flight. Raises TooQuiet."""
        return await (self._piled_up if role in PILES else self.loaded)(role)

    async def loaded(self, role: Role, least: int | None = None) -> tuple[int, int]:
        """Pid of the role and how much is in flight, as soon as that is enough. Raises TooQuiet."""
        deadline = time.monotonic() + QUIET_SECONDS
        least = least or LEAST_IN_FLIGHT[role]
        most = 0
        while time.monotonic() < deadline:
            pid = self._stack.pid_of(role)
            found = await self._in_flight(role) if pid is not None else None
            if pid is not None and found is not None and found >= least:
                return pid, found
            most = max(most, found or 0)
            fed = found is not None and await self._feed(role)
            soon = fed and role not in OF_REVIEWERS
            await asyncio.sleep(SOON_SECONDS if soon else LOOK_SECONDS)
        raise TooQuiet(
            f"{role} never had more than {most} in flight in {QUIET_SECONDS:.0f} s;"
            f" {self._postbox.left} envelopes are left"
        )

    async def _feed(self, role: Role) -> bool:
        """Releases work for the role when none is on its way to it. Whether it did."""
        if not self._postbox.idle or not await self._nothing_comes(role):
            return False
        self._postbox.release(RELEASED_FOR_REVIEWERS if role in OF_REVIEWERS else RELEASED)
        return True

    async def _piled_up(self, role: Role) -> tuple[int, int]:
        """As `loaded`, for a quick role: it is held until its work has piled up, and let go for a
        moment to die in the middle of it.
        """
        await self.healed(role, None)
        pid = self._stack.pid_of(role)
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            found = await self.loaded(role, PILES[role])
        finally:
            os.kill(pid, signal.SIGCONT)
        await asyncio.sleep(self._chance.uniform(0, LET_GO_SECONDS))
        return found

    async def _in_flight(self, role: Role) -> int | None:
        """None while it cannot be known."""
        try:
            match role:
                case Role.SCORE:
                    return await self._backlog.behind(SCORING)
                case Role.MATCH:
                    return await self._backlog.behind(MATCHING)
                case Role.REVIEW_WORKER:
                    return await self._backlog.of_worker()
                case Role.INGEST | Role.BROKER:
                    return self._postbox.open
                case Role.REVIEW_API | Role.DATABASE:
                    return self._reviewing.count
        except Away:
            return None

    async def _nothing_comes(self, role: Role) -> bool:
        """No more work for it is under way than lies before it."""
        if role not in {Role.MATCH, Role.REVIEW_WORKER}:
            return True
        try:
            return await self._backlog.behind(SCORING) < LEAST_IN_FLIGHT[role]
        except Away:
            return False

    async def _left_by(self, role: Role, before: int) -> int:
        """What a dead consumer left uncommitted: between the look and the kill it may have done
        all of it. What clients wait for was counted in the very moment.
        """
        if role in {Role.SCORE, Role.MATCH, Role.REVIEW_WORKER}:
            return min(before, await self._in_flight(role) or 0)
        return before

    async def healed(self, role: Role, old: int | None) -> None:
        """Another process of the role is ready."""
        answers = self._answers(role)

        async def healed() -> bool:
            pid = self._stack.pid_of(role)
            return pid is not None and pid != old and await answers()

        await eventually(healed, within_seconds=HEALED_SECONDS, what=f"{role} is back")

    def _answers(self, role: Role) -> Callable[[], Awaitable[bool]]:
        url = self._ready["metrics_urls"].get(role)

        async def ready() -> bool:
            if url is None:
                return True
            try:
                answer = await self._http.get(url.replace("/metrics", "/readyz"))
            except httpx.HTTPError:
                return False
            return answer.status_code == httpx.codes.OK

        return ready

"""Plays the traffic: the first wave once in the life of a state folder, then the trickle, and the
appeals against what reviewers decide.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.local.demo.appeals import Appeal, appeal_against, told
from deploy.local.demo.edge import Client
from deploy.local.demo.phrasebook import Phrasebook
from deploy.local.demo.traffic import Trickle, first_wave
from deploy.local.demo.writer import Sending
from deploy.local.state import write_private
from shared.clock import Clock
from shared.observability.logging import logger

AT_ONCE = 8
APPEALS_EVERY_SECONDS = 10.0
COUNTS_EVERY_SECONDS = 60.0
SETTLING_SECONDS = 10.0
PAUSED_SECONDS = 1.0

log = logger(__name__)


class Progress(BaseModel):
    """What of the demo is done in this state folder."""

    model_config = ConfigDict(extra="ignore")

    waves: list[int] = []
    cursors: dict[str, str] = {}


@dataclass
class Player:
    """`monotonic` gives seconds. `pause_file` holds the trickle up while it is there."""

    client: Client
    books: Mapping[str, Phrasebook]
    seed: int
    clock: Clock
    monotonic: Callable[[], float]
    progress_file: Path
    pause_file: Path

    async def play(self) -> None:
        """Until the stop signal: raises Stopped."""
        progress = load_progress(self.progress_file)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._post(progress))
            group.create_task(self._appeal(progress))
            group.create_task(self._tell())

    async def _post(self, progress: Progress) -> None:
        if self.seed not in progress.waves:
            wave = first_wave(self.books, seed=self.seed, now=self.clock())
            await self._send_all(wave.at_once)
            log.info("demo_first_wave_sent", **self.client.counts)
            await self.client.stop.sleep(SETTLING_SECONDS)
            await self._send_all(wave.later)
            progress.waves.append(self.seed)
            self._save(progress)
        began = self.clock()
        label = f"t{int(began.timestamp()):x}"
        trickle = Trickle(self.books, seed=self.seed, label=label, now=began)
        while True:
            beat = trickle.next(self.clock())
            await self.client.stop.sleep(beat.pause_seconds)
            while self.pause_file.exists():
                await self.client.stop.sleep(PAUSED_SECONDS)
            await self.client.send(beat.sending)

    async def _send_all(self, sendings: Iterable[Sending]) -> None:
        waiting = deque(sendings)

        async def some() -> None:
            while waiting:
                await self.client.send(waiting.popleft())

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(some())

    async def _appeal(self, progress: Progress) -> None:
        """Decisions are read from the feed as a platform reads it; who objects thinks it over."""
        thinking: list[tuple[float, str, Appeal]] = []
        while True:
            await self.client.stop.sleep(APPEALS_EVERY_SECONDS)
            for platform in self.client.keys:
                thinking += [
                    (self.monotonic() + appeal.after_seconds, platform, appeal)
                    for appeal in await self._read_feed(platform, progress)
                ]
            due = [entry for entry in thinking if entry[0] <= self.monotonic()]
            thinking = [entry for entry in thinking if entry[0] > self.monotonic()]
            for _, platform, appeal in due:
                await self.client.appeal(platform, appeal.body)
            if not thinking:  # what is still thought over is read again after a restart
                self._save(progress)

    async def _read_feed(self, platform: str, progress: Progress) -> list[Appeal]:
        found: list[Appeal] = []
        while True:
            page = await self.client.decisions(platform, progress.cursors.get(platform))
            if page is None:
                return found
            progress.cursors[platform] = page.resume_cursor
            for event in page.items:
                decision = told(event)
                appeal = decision and appeal_against(decision, self.books, seed=self.seed)
                if appeal:
                    found.append(appeal)
            if page.next_cursor is None:
                return found

    async def _tell(self) -> None:
        while True:
            await self.client.stop.sleep(COUNTS_EVERY_SECONDS)
            log.info("demo_traffic", **self.client.counts)

    def _save(self, progress: Progress) -> None:
        write_private(self.progress_file, progress.model_dump())


def load_progress(file: Path) -> Progress:
    """Nothing done, where nothing legible is there: what is sent twice is one report."""
    try:
        return Progress.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return Progress()

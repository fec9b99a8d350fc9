"""Reading in a thread of its own, so that a slow disk or pipe holds no request up."""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Iterator

from services.replay.reading import Line

MOST_READY = 5000
GATHER_SECONDS = 0.05


class Feed:
    """Lines as they are read, a bounded number ahead. For one event loop and one taker."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._ready: deque[Line] = deque()
        self._room = threading.Semaphore(MOST_READY)
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._error: Exception | None = None
        self._ended = False
        # a daemon: a pipe that never ends must not keep the process
        threading.Thread(target=self._read, name="reading", daemon=True).start()

    async def take(self, most: int) -> list[Line]:
        """The next ones, at least one; none at the end. From a slow pipe they come as they are.

        Raises what reading raised, after what was read before.
        """
        if len(self._ready) < most and not self._ended:
            await asyncio.sleep(GATHER_SECONDS)
        while True:
            self._changed.clear()
            if self._ready:
                taken = [self._ready.popleft() for _ in range(min(most, len(self._ready)))]
                self._room.release(len(taken))
                return taken
            if self._ended:
                if self._error is not None:
                    raise self._error
                return []
            await self._changed.wait()

    def _read(self) -> None:
        try:
            for line in self._lines:
                self._room.acquire()
                self._ready.append(line)
                self._say()
        except Exception as error:  # noqa: BLE001 — raised again where it is taken
            self._error = error
        self._ended = True
        self._say()

    def _say(self) -> None:
        if not self._changed.is_set():
            with contextlib.suppress(RuntimeError):  # the loop has ended, and so will we
                self._loop.call_soon_threadsafe(self._changed.set)

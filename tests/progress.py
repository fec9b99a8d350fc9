"""What is seen of a tier while it runs: on a terminal a line that is written over and leaves
nothing behind, elsewhere a plain line now and then.
"""

import re
import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO

EVERY_SECONDS = 15.0
WIDTH = 100
_DONE = re.compile(r"(?P<file>tests/[^:\s]+)::.* [A-Z]+ +\[ *(?P<percent>\d+)%\]$")


class Screen:
    """Where all tiers write; whole lines never mix with the line that is written over."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._erase = "\r\x1b[K" if out.isatty() else ""

    @property
    def live(self) -> bool:
        return bool(self._erase)

    def line(self, text: str) -> None:
        """Stays."""
        with self._lock:
            self._out.write(f"{self._erase}{text}\n")
            self._out.flush()

    def passing(self, text: str) -> None:
        """Stays only where it cannot be written over."""
        with self._lock:
            end = "" if self._erase else "\n"
            self._out.write(f"{self._erase}{text[:WIDTH]}{end}")
            self._out.flush()


class Progress:
    """Of one tier, from the lines that `pytest -v` prints in each of its shares."""

    def __init__(
        self,
        tier: str,
        screen: Screen,
        clock: Callable[[], float] = time.monotonic,
        *,
        shares: int = 1,
    ) -> None:
        self._tier = tier
        self._percents = [0] * shares
        self._screen = screen
        self._clock = clock
        self._began = self._told = clock()

    def take(self, line: str, share: int = 0) -> None:
        done = _DONE.match(line)
        if not done:
            return
        self._percents[share] = int(done["percent"])
        now = self._clock()
        if self._screen.live or now - self._told >= EVERY_SECONDS:
            self._told = now
            percent = sum(self._percents) // len(self._percents)
            self._screen.passing(
                f"{self._tier:<12} {percent:>3} % after {now - self._began:.0f} s, {done['file']}"
            )


def standard_screen() -> Screen:
    """Standard output."""
    return Screen(sys.stdout)

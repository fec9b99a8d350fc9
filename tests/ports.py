"""Ports for the servers that tests start.

Runs of tests side by side are never given the same port: a block of ports is held by a lock file
for as long as the process lives that was given it. They lie below the ports that a system takes by
itself for whoever calls out.
"""

import fcntl
import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

from deploy.local.launch import listening

FIRST, LAST = 10_000, 32_000
BLOCK = 25  # a whole stack needs 23


def free_block() -> int:
    """First of BLOCK ports in a row, all of them the caller's until this process ends."""
    folder = Path(tempfile.gettempdir()) / f"mizan-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    while True:
        first = random.SystemRandom().randrange(FIRST, LAST, BLOCK)
        if _held(folder / str(first)) and not any(map(listening, range(first, first + BLOCK))):
            return first


def free_port() -> int:
    """The caller's until this process ends."""
    return next(_singles)


def _held(file: Path) -> bool:
    """The lock is ours from now on. Nobody closes the file: the end of the process does."""
    lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    return True


def _one_by_one() -> Iterator[int]:
    while True:
        first = free_block()
        yield from range(first, first + BLOCK)


_singles = _one_by_one()

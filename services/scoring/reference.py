"""The watch-lists in force, kept current from their topic."""

import asyncio
from typing import Protocol

from services.scoring.handler import Reference
from services.scoring.text.watch_list import WatchList, names_of
from shared.contracts.reference import WatchListRecord
from shared.contracts.topics import WATCH_LISTS
from shared.kafka.reference import ReferenceReader, ReferenceView

LOOK_SECONDS = 0.1


class ListsInForce(Protocol):
    """Where the names to look for come from."""

    def start(self) -> None:
        """Begins to read; returns at once."""

    async def stop(self) -> None:
        """Ends the reading."""

    async def until_read(self) -> None:
        """Returns when all that was there at start is read."""

    async def read_once(self) -> str | None:
        """A check for `/readyz`."""

    def in_force(self) -> Reference:
        """What holds now."""


class NoWatchLists:
    """There are no names to look for."""

    def __init__(self) -> None:
        self._reference = Reference(WatchList(()), {})

    def start(self) -> None:
        return None

    async def stop(self) -> None:
        return None

    async def until_read(self) -> None:
        return None

    async def read_once(self) -> str | None:
        return None

    def in_force(self) -> Reference:
        return self._reference


class WatchLists:
    """Call it on the event loop alone: the view behind it changes there."""

    def __init__(self, bootstrap: str) -> None:
        self._view = ReferenceView(WATCH_LISTS, WatchListRecord)
        self._reader = ReferenceReader(bootstrap, (self._view,), client_id="mizan-score-lists")
        self._made_from = -1
        self._reference = Reference(WatchList(()), {})

    def start(self) -> None:
        """Begins to read; returns at once."""
        self._reader.start()

    async def stop(self) -> None:
        await self._reader.stop()

    async def until_read(self) -> None:
        """Returns when all that was there at start is read."""
        while not self._reader.ready:  # noqa: ASYNC110 — the reader offers no event
            await asyncio.sleep(LOOK_SECONDS)

    async def read_once(self) -> str | None:
        """A check for `/readyz`."""
        return None if self._reader.ready else "not read to its end yet"

    def in_force(self) -> Reference:
        """Matcher over all active lists; made anew only when a record has changed."""
        if self._made_from != self._view.version:
            self._made_from = self._view.version
            records = list(self._view.records.values())
            revisions = {
                f"{WATCH_LISTS.name}/{record.list_id}": record.revision for record in records
            }
            self._reference = Reference(WatchList(names_of(records)), revisions)
        return self._reference

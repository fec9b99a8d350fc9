"""What a person or a program sees of a reading."""

import json
import time
from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from services.top.rules import Reading, Standing
from shared.promises import Promise, State, Unit

COLOURS = {
    State.KEPT: "green",
    State.AT_RISK: "yellow",
    State.BROKEN: "bold red",
    State.UNKNOWN: "dim",
}


def frame(standings: Sequence[Standing], reading: Reading, of_what: str) -> RenderableType:
    """One picture: promises, then processes. `of_what` says since when the shares are counted."""
    return Group(_promises(standings, of_what), Text(), _processes(reading), *_remedies(standings))


def as_object(standings: Sequence[Standing], reading: Reading) -> str:
    """The same for a program, on one line."""
    promises = [
        {
            "name": standing.promise.name,
            "title": standing.promise.title,
            "value": standing.value,
            "limit": standing.promise.limit,
            "state": standing.state,
        }
        for standing in standings
    ]
    processes = [{"name": name, "up": page is not None} for name, page in reading.pages.items()]
    return json.dumps({"promises": promises, "processes": processes})


def _promises(standings: Sequence[Standing], of_what: str) -> Table:
    table = Table("promise", "now", "limit", "state", title=f"Mizan, shares {of_what}")
    for standing in standings:
        promise = standing.promise
        now = "-" if standing.value is None else in_unit(standing.value, promise.unit)
        state = Text(standing.state, style=COLOURS[standing.state])
        table.add_row(promise.title, now, _limit(promise), state)
    return table


def _limit(promise: Promise) -> str:
    return f"{'≥' if promise.falling else '≤'} {in_unit(promise.limit, promise.unit)}"


def in_unit(value: float, unit: Unit) -> str:
    """As it is written: 99.95 %, 1.2 s, 3."""
    match unit:
        case Unit.PART:
            return f"{100 * value:.2f} %"
        case Unit.SECONDS:
            return f"{value:.1f} s"
        case Unit.COUNT:
            return f"{value:.0f}"


def _processes(reading: Reading) -> Table:
    table = Table("process", "state", "memory", "up for")
    for process, page in reading.pages.items():
        if page is None:
            table.add_row(process, Text("down", style=COLOURS[State.BROKEN]), "-", "-")
            continue
        shown = {sample.name: sample.value for sample in page}
        megabytes = shown.get("process_resident_memory_bytes", 0.0) / 1e6
        began = shown.get("process_start_time_seconds")
        age = "-" if began is None else _age(time.time() - began)
        up = Text("up", style=COLOURS[State.KEPT])
        table.add_row(process, up, f"{megabytes:.0f} MB", age)
    return table


def _age(seconds: float) -> str:
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {left} s"


def _remedies(standings: Iterable[Standing]) -> list[Text]:
    """What to do about each promise that is not kept."""
    return [
        Text(f"\n{standing.promise.title}: {standing.promise.remedy}")
        for standing in standings
        if standing.state in {State.AT_RISK, State.BROKEN}
    ]

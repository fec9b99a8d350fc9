"""What a person or a program sees of a replay."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TimeElapsedColumn
from rich.text import Text

from services.replay.tally import Failure, Outcome, Tally


@dataclass(frozen=True)
class Ended:
    """`stopped` says why it ended before all was done, None where it did not."""

    seconds: float
    waited: bool
    stopped: str | None


class Shown(Protocol):
    """Where results go."""

    def fail(self, failure: Failure) -> None:
        """A line failed; said at once, once."""

    def end(self, tally: Tally, ended: Ended) -> None:
        """The last that is said."""


class ForPeople:
    """A line for each that failed, and a last one with the sums."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def fail(self, failure: Failure) -> None:
        named = f" ({failure.external_id})" if failure.external_id else ""
        outcome = failure.outcome.replace("_", " ")
        said = f"line {failure.line}{named}: {outcome}: {failure.code}: {failure.reason}"
        self._out.write("".join(char if char.isprintable() else "\ufffd" for char in said) + "\n")

    def end(self, tally: Tally, ended: Ended) -> None:
        for kind, count in tally.warnings.most_common():
            self._out.write(f"accepted with a warning: {count:,} × {kind}\n")
        sums = [f"{tally.accepted:,} accepted", f"{tally.failed[Outcome.REFUSED]:,} refused"]
        sums += [
            f"{tally.failed[outcome]:,} {outcome.replace('_', ' ')}"
            for outcome in (Outcome.QUARANTINED, Outcome.NOT_SENT, Outcome.NOT_SEEN)
            if tally.failed[outcome]
        ]
        if ended.waited:
            sums.append(f"{tally.visible:,} in the queue")
        self._out.write(f"{', '.join(sums)}; {ended.seconds:.1f} s\n")
        self._out.flush()


class ForPrograms:
    """One JSON object, written as it becomes: a list of what failed, then the sums."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._begun = False

    def fail(self, failure: Failure) -> None:
        self._out.write(",\n" if self._begun else '{"failed": [\n')
        self._begun = True
        row = {
            "line": failure.line,
            "external_id": failure.external_id,
            "outcome": failure.outcome,
            "code": failure.code,
            "reason": failure.reason,
        }
        self._out.write(json.dumps(row, ensure_ascii=False))

    def end(self, tally: Tally, ended: Ended) -> None:
        self._out.write("\n], " if self._begun else '{"failed": [], ')
        sums = {
            "accepted": tally.accepted,
            **{str(outcome): tally.failed[outcome] for outcome in Outcome},
            "in_queue": tally.visible if ended.waited else None,
            "warnings": dict(tally.warnings),
            "stopped": ended.stopped,
            "seconds": round(ended.seconds, 3),
        }
        self._out.write(json.dumps(sums, ensure_ascii=False)[1:] + "\n")
        self._out.flush()


class Bar:
    """A progress bar on standard error where that is a terminal; remarks there in any case."""

    def __init__(self, tally: Tally, *, size: int | None, waited: bool) -> None:
        console = Console(stderr=True)
        self._tally = tally
        self._progress = Progress(
            BarColumn(),
            _Sums(tally, waited=waited),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=size)
        self._said = ""

    @contextmanager
    def on(self) -> Iterator[None]:
        with self._progress:
            yield

    def move(self) -> None:
        self._progress.update(self._task, completed=self._tally.read_to)

    def say(self, remark: str) -> None:
        """Each remark once in a row."""
        if remark != self._said:
            self._said = remark
            self._progress.console.print(f"mizan: {remark}", highlight=False, soft_wrap=True)


class _Sums(ProgressColumn):
    def __init__(self, tally: Tally, *, waited: bool) -> None:
        super().__init__()
        self._tally = tally
        self._waited = waited

    def render(self, task: Task) -> Text:
        _ = task
        sums = f"{self._tally.accepted:,} accepted, {self._tally.failed.total():,} failed"
        return Text(f"{sums}, {self._tally.visible:,} in the queue" if self._waited else sums)

"""What the terminal shows while the stack starts: each step, and how long it takes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


class Steps:
    """A live list on a terminal, plain lines elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Progress(
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    @contextmanager
    def shown(self) -> Iterator[None]:
        with self._live:
            yield

    @contextmanager
    def step(self, doing: str, done: str) -> Iterator[None]:
        """Steps may overlap. One that raises stays as it was."""
        began = time.monotonic()
        task: TaskID = self._live.add_task(doing, total=1)
        if not self._console.is_terminal:
            self._console.print(f"mizan: {doing}", highlight=False)
        yield
        self._live.update(task, description=done, completed=1)
        if not self._console.is_terminal:
            seconds = time.monotonic() - began
            self._console.print(f"mizan: {done} ({seconds:.1f} s)", highlight=False)

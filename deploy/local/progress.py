"""What the terminal shows while the stack starts: each step, and how long it takes."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

REMIND_SECONDS = 10.0


class Steps:
    """A live list on a terminal; elsewhere plain lines, again for a step that takes long."""

    def __init__(self, console: Console, remind_seconds: float = REMIND_SECONDS) -> None:
        self._console = console
        self._remind_seconds = remind_seconds
        self._began: dict[str, float] = {}
        self._so_far: dict[str, str] = {}
        self._live = Progress(
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    @contextmanager
    def shown(self) -> Iterator[None]:
        over = threading.Event()
        reminding = threading.Thread(target=self._remind, args=(over,), daemon=True)
        reminding.start()
        try:
            with self._live:
                yield
        finally:
            over.set()
            reminding.join()

    @contextmanager
    def step(self, doing: str, done: str) -> Iterator[Callable[[str], None]]:
        """Steps may overlap. One that raises stays as it was. Gives what tells how far it is."""
        self._began[doing] = time.monotonic()
        task: TaskID = self._live.add_task(doing, total=1)
        self._say(doing)

        def tell(so_far: str) -> None:
            self._so_far[doing] = f", {so_far}"
            self._live.update(task, description=f"{doing}, {so_far}")

        try:
            yield tell
        finally:
            began = self._began.pop(doing)
        self._live.update(task, description=done, completed=1)
        self._say(f"{done} ({time.monotonic() - began:.1f} s)")

    def _remind(self, over: threading.Event) -> None:
        while not over.wait(self._remind_seconds):
            for doing, began in list(self._began.items()):
                seconds = time.monotonic() - began
                if seconds >= self._remind_seconds / 2:
                    self._say(f"still {doing}{self._so_far.get(doing, '')} ({seconds:.0f} s)")

    def _say(self, line: str) -> None:
        if not self._console.is_terminal:
            self._console.print(f"mizan: {line}", highlight=False)

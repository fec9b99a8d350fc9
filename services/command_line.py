"""The `mizan` command: the one place that knows all services.

A part is imported when one of its commands is named, so that `mizan score` starts no database
driver. Exit status: 0 done, 1 some of it failed (said which), 2 wrong use.
"""

import importlib
import importlib.util
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import typer

from shared.errors import MizanError

FAILED = 1
WRONG_USE = 2


@dataclass(frozen=True)
class Mounted:
    """A command by where it lives: `module` has a typer application `commands`.

    `member` is its name in there, None when the application as a whole is the command.
    """

    module: str
    member: str | None
    summary: str


COMMANDS: dict[str, Mounted] = {
    "score": Mounted("services.scoring.commands", "score", "Scores of texts, as the worker gives."),
    "duplicates": Mounted("services.scoring.commands", "duplicates", "Texts that came before."),
    "train": Mounted("services.scoring.commands", "train", "The classifier, from labelled files."),
    "replay": Mounted("services.replay.commands", "replay", "Posts a file through the edge."),
    "platforms": Mounted("services.review.platforms.commands", None, "Platforms and their keys."),
    "reviewers": Mounted("services.review.reviewers.commands", None, "Who may review what."),
    "policies": Mounted("services.review.policies.commands", None, "Policies, as data."),
    "dead-letters": Mounted(
        "services.review.dead_letters.commands", None, "What could not be read, and once more."
    ),
    "restore": Mounted(
        "services.review.restore.commands", "restore", "After the database came from a backup."
    ),
    "top": Mounted("services.top.commands", "top", "The promises of a running system, live."),
    "invariants": Mounted(
        "services.review.invariants.commands", "invariants", "A running system and its promises."
    ),
}


def is_there(module: str) -> bool:
    """Whether this installation has the part. Nothing of it is run but its package."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def overview() -> str:
    """All that this installation can do, from the table alone: help loads no part."""
    there = {name: mounted for name, mounted in COMMANDS.items() if is_there(mounted.module)}
    rows = [f"  {name:<13} {mounted.summary}" for name, mounted in there.items()]
    return "\n".join(
        (
            "Usage: mizan COMMAND [ARGS]...",
            "",
            "A streaming content-moderation queue. `mizan COMMAND --help` tells more.",
            "",
            *rows,
        )
    )


def run(name: str, mounted: Mounted, arguments: Sequence[str]) -> None:
    """Imports the part and hands over; ends the process with the command's status."""
    application: typer.Typer = importlib.import_module(mounted.module).commands
    group = typer.main.get_group(application)
    if mounted.member is None:
        group.main(args=list(arguments), prog_name=f"mizan {name}")
    else:
        group.main(args=[mounted.member, *arguments], prog_name="mizan")


def main() -> None:
    """Entry of the console command. Ends the process with one of the three statuses."""
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in {"--help", "-h", "help"}:
        print(overview())
        sys.exit(0)
    mounted = COMMANDS.get(name)
    if mounted is None or not is_there(mounted.module):
        print(f"mizan: there is no command {name}; see mizan --help", file=sys.stderr)
        sys.exit(WRONG_USE)
    # Clients of other servers complain on their own; the one line below says what is wrong.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        run(name, mounted, arguments)
    except MizanError as error:
        print(f"mizan: {error}", file=sys.stderr)
        sys.exit(FAILED)


if __name__ == "__main__":
    main()

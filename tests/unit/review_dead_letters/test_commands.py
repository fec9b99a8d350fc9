"""What an operator gets wrong is said in one line, before anything is looked at."""

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from services.review.dead_letters.commands import commands

NOWHERE = {
    "MIZAN_KAFKA": "127.0.0.1:9",  # the port of the discard service: nobody listens
    "MIZAN_DATABASE_URL": "postgresql://a:b@127.0.0.1:9/c",
}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["replay"], "name ids, or choose"),
        (["replay", "--all", "--topic", "reports"], "name ids, or choose"),
        (["replay", "reports.dead-letter/0/1", "--all"], "name ids, or choose"),
        (["replay", "reports.dead-letter/0/1", "nonsense"], "is no id"),
        (["replay", "--topic", "decisions"], "no topic decisions"),
        (["list", "--topic", "nothing"], "no topic nothing"),
        (["show", "reports/0/1\x1b"], "is no id"),
    ],
)
def test_wrong_use_ends_with_2_and_one_line(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(commands, arguments, env=NOWHERE)
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert said in line
    assert "\x1b" not in line


@pytest.mark.parametrize("arguments", [["--state", "lost"], ["--limit", "0"]])
def test_a_bad_option_ends_with_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(commands, ["list", *arguments], env=NOWHERE).exit_code == 2


def test_a_database_that_is_away_is_named_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.command_line", "dead-letters", "list"],
        env={**os.environ, **NOWHERE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("mizan: the database does not answer")

"""The console command finds its parts, loads no other, and ends with one of three statuses."""

import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

from services.command_line import COMMANDS, is_there

LOADED = (
    "import sys; from services.command_line import main; sys.argv = {arguments!r}\n"
    "try: main()\n"
    "except SystemExit as end: status = end.code\n"
    "print('sqlalchemy' in sys.modules, 'numpy' in sys.modules, status)"
)

EXPLAINED = (
    "import sys; from services.command_line import main\n"
    "for name in {names!r}:\n"
    "    sys.argv = ['mizan', name, '--help']\n"
    "    try: main()\n"
    "    except SystemExit as end: print('status', name, end.code)"
)


def run(
    *arguments: str, text: str = "", environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "services.command_line", *arguments],
        input=text,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_command_that_is_offered_explains_itself() -> None:
    """In one process, because each of its own would import the same libraries."""
    names = [name for name, mounted in COMMANDS.items() if is_there(mounted.module)]
    script = EXPLAINED.format(names=names)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for name in names:
        assert f"mizan {name}" in done.stdout
        assert f"status {name} 0" in done.stdout


def test_help_lists_what_is_there_and_nothing_else() -> None:
    offered = {line.split()[0] for line in run("--help").stdout.splitlines() if line[:2] == "  "}
    assert offered == {name for name, mounted in COMMANDS.items() if is_there(mounted.module)}


def test_a_line_goes_through_a_command_and_comes_out() -> None:
    done = run("duplicates", text='{"id": "a", "text": "a line that is long enough"}\n')
    assert (done.returncode, done.stdout) == (0, '{"id": "a", "match": null}\n')


def test_a_bad_line_ends_the_command_with_1_and_a_name() -> None:
    done = run("duplicates", text="{}\n")
    assert done.returncode == 1
    assert "line 1" in done.stderr


def test_a_server_that_is_away_ends_the_command_with_1_and_one_line() -> None:
    away = {"MIZAN_KAFKA": "127.0.0.1:1", "MIZAN_DATABASE_URL": "postgresql://a@127.0.0.1:1/b"}
    done = run("invariants", environment=away)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("mizan: cannot be checked now: ")


@pytest.mark.parametrize("arguments", [["nonsense"], ["score", "--batch", "0"], ["score", "--no"]])
def test_wrong_use_ends_with_2(arguments: list[str]) -> None:
    assert run(*arguments).returncode == 2


def test_help_loads_no_database_driver_and_no_model() -> None:
    script = LOADED.format(arguments=["mizan", "--help"])
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "False False 0"

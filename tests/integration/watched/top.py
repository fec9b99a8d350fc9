"""`mizan top` on a running stack."""

import json
import os
import subprocess
import sys
from typing import TypedDict

from tests.running_stack import ROOT, RunningStack


class ToldPromise(TypedDict):
    name: str
    value: float | None
    state: str


class ToldProcess(TypedDict):
    name: str
    up: bool


class Told(TypedDict):
    promises: list[ToldPromise]
    processes: list[ToldProcess]


def top(stack: RunningStack) -> Told:
    told: Told = json.loads(run_top(stack, "--json").stdout)
    return told


def run_top(stack: RunningStack, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "services.command_line", "top", *options],
        cwd=ROOT,
        env={**os.environ, "MIZAN_VAR": str(stack.var), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )

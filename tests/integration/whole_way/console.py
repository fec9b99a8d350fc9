"""The console command against a running stack, and a look into its database."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import asyncpg

from tests.running_stack import RunningStack

SECONDS = 120


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str

    @property
    def told(self) -> dict[str, object]:
        """Of a command with --json."""
        document: dict[str, object] = json.loads(self.out)
        return document


def begin(stack: RunningStack, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "services.command_line", *arguments],
        env={**os.environ, "MIZAN_VAR": str(stack.var)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def mizan(stack: RunningStack, *arguments: str) -> Done:
    return ended(begin(stack, *arguments))


def ended(process: "subprocess.Popen[str]") -> Done:
    out, err = process.communicate(timeout=SECONDS)
    return Done(process.returncode, out, err)


async def fetch(stack: RunningStack, query: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(stack.ready()["database_url"])
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()

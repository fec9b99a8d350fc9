"""Kafka's jars: fetched once for all clones on this machine, and used only when each has the sum
that is committed beside this file.
"""

import hashlib
import os
import shutil
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from deploy.local.errors import DownloadFailed

SUMS = Path(__file__).with_name("kafka-jars.sha256")
AT_ONCE = 8
ATTEMPTS = 3


def silent(_progress: str) -> None:
    return None


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "mizan" / "kafka-4.3.1"


def committed_sums() -> dict[str, str]:
    """Sum of each jar by its path in a Maven repository."""
    rows = (line.split() for line in SUMS.read_text().splitlines())
    return {path: digest for digest, path in rows}


def faults(folder: Path) -> list[str]:
    """Names of jars that are absent or not what they should be."""
    return [
        Path(path).name
        for path, digest in committed_sums().items()
        if not (folder / Path(path).name).is_file() or _sum_of(folder / Path(path).name) != digest
    ]


def ensure_jars(
    tell: Callable[[str], None] = silent, given_up: threading.Event | None = None
) -> Path:
    """Folder with exactly the jars of the committed list. Blocks; the first time downloads 45 MB,
    and tells how far it is. When `given_up` is set it raises after the jars that are under way.

    The folder appears by rename, so two stacks that start together do not meet half of it.
    """
    target = cache_folder()
    if target.is_dir() and not faults(target):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="fetch-") as scratch:
        fetched = Path(scratch) / "jars"
        fetched.mkdir()
        _download(committed_sums(), fetched, tell, given_up or threading.Event())
        if target.is_dir() and faults(target):
            shutil.rmtree(target)
        if not target.is_dir():
            fetched.rename(target)
    return target


def _download(
    sums: Mapping[str, str],
    into: Path,
    tell: Callable[[str], None],
    given_up: threading.Event,
) -> None:
    # Imported here: it costs half a second that no later start needs to pay.
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415 — as above

    with (
        httpx.Client(base_url=MAVEN_CENTRAL_URL, verify=_trusted(), timeout=30) as repository,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):

        def fetch(path: str) -> None:
            if given_up.is_set():
                raise DownloadFailed("Kafka was not fetched: stopped")
            (into / Path(path).name).write_bytes(_fetched(repository, path, sums[path]))

        try:
            _count(pool.map(fetch, sums), len(sums), tell)
        except BaseException:
            given_up.set()
            raise


def _count(arrivals: Iterable[None], total: int, tell: Callable[[str], None]) -> None:
    tell(f"0 of {total} files")
    for done, _ in enumerate(arrivals, start=1):
        tell(f"{done} of {total} files")


def _fetched(repository: httpx.Client, path: str, digest: str) -> bytes:
    """Content of a jar that has its committed sum."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            content = repository.get(path).raise_for_status().content
            break
        except httpx.HTTPError as error:
            if attempt == ATTEMPTS:
                cause = str(error).splitlines()[0] if str(error) else type(error).__name__
                raise DownloadFailed(f"Kafka could not be fetched: {cause}") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise DownloadFailed(f"Kafka's jars differ from {SUMS.name}: {Path(path).name}")
    return content


def _trusted() -> ssl.SSLContext:
    """Whom everybody trusts and whom the machine does: a network may have its own certificates."""
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context


def _sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

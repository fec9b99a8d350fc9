"""Kafka's jars: fetched once for all clones on this machine, and used only when each has the sum
that is committed beside this file.
"""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from deploy.local.errors import DownloadFailed

KAFKA = "org.apache.kafka:kafka_2.13:4.3.1"
# Resolved apart from Kafka: together, its dependency management lowers kafka-clients to 3.9.1.
LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
SUMS = Path(__file__).with_name("kafka-jars.sha256")


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "mizan" / "kafka-4.3.1"


def committed_sums() -> dict[str, str]:
    """Sum of each jar by its file name."""
    rows = (line.split() for line in SUMS.read_text().splitlines())
    return {name: digest for digest, name in rows}


def faults(folder: Path) -> list[str]:
    """Names of jars that are absent or not what they should be."""
    return [
        name
        for name, digest in committed_sums().items()
        if not (folder / name).is_file() or _sum_of(folder / name) != digest
    ]


def ensure_jars() -> Path:
    """Folder with exactly the jars of the committed list. Blocks; the first time downloads 45 MB.

    The folder appears by rename, so two stacks that start together do not meet half of it.
    """
    target = cache_folder()
    if target.is_dir() and not faults(target):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="fetch-") as scratch:
        fetched = Path(scratch) / "jars"
        fetched.mkdir()
        _download(fetched)
        bad = faults(fetched)
        if bad:
            raise DownloadFailed(f"Kafka's jars differ from {SUMS.name}: {', '.join(bad[:3])}")
        if target.is_dir() and faults(target):
            shutil.rmtree(target)
        if not target.is_dir():
            fetched.rename(target)
    return target


def _download(into: Path) -> None:
    """Resolves and copies the artifacts of the list. Building a whole jgo environment would look
    for a JDK to tell modules from jars, and go and fetch one.
    """
    # Imported here: it costs half a second that no later start needs to pay.
    import jgo  # noqa: PLC0415

    wanted = committed_sums()
    try:
        for coordinates in (KAFKA, LOGGING):
            for artifact in jgo.resolve(coordinates):
                if artifact.filename in wanted:
                    shutil.copyfile(artifact.resolve(), into / artifact.filename)
    except Exception as error:  # noqa: BLE001 — whatever it raises, the user reads one line
        raise DownloadFailed(f"Kafka could not be fetched: {error}") from None


def _sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""What the browser loads: our own files, and htmx out of its package.

htmx is never committed. It lies in the wheel `django-htmx` (of which nothing is imported) and is
copied into `static/vendor` at start, when its checksum is the one below.
"""

import hashlib
import importlib.util
import os
from pathlib import Path

from shared.errors import Permanent

STATIC = Path(__file__).parent / "static"
VENDOR = STATIC / "vendor"
CARRIER = "django_htmx"
SCRIPTS = {
    "htmx-4.min.js": "28fae7bbe8e8142b702debb9d5234a9a436d9435a4b5165b195aa1a7ed840d25",
}


class BadAsset(Permanent):
    """A script that browsers would run is not the one that was tried."""


def prepare_assets(folder: Path = VENDOR) -> None:
    """Copies what is missing or differs. Raises BadAsset naming the file that is not as pinned."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, expected in SCRIPTS.items():
        target = folder / name
        if target.exists() and sha256(target) == expected:
            continue
        source = carrier_folder() / name
        if not source.exists() or sha256(source) != expected:
            raise BadAsset(f"{source} is not the script that this version was tried with")
        scratch = folder / f"{name}.{os.getpid()}"  # two processes may start at once
        scratch.write_bytes(source.read_bytes())
        scratch.replace(target)


def carrier_folder() -> Path:
    """Where the installed package keeps its scripts. Does not import it."""
    spec = importlib.util.find_spec(CARRIER)
    if spec is None or spec.origin is None:
        raise BadAsset(f"the package {CARRIER} is not installed")
    return Path(spec.origin).parent / "static" / CARRIER


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def versioned(name: str) -> str:
    """URL of a file in `static` that changes with its content, so that it may be kept for ever."""
    return f"/static/{name}?v={sha256(STATIC / name)[:12]}"

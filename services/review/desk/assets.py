"""What the browser loads: our own files, and htmx out of its package.

htmx is never committed and never copied. It lies in the wheel `django-htmx` (of which nothing is
imported) and is served from there, when its checksum is the one below.
"""

import hashlib
import importlib.util
from pathlib import Path

from shared.errors import Permanent

STATIC = Path(__file__).parent / "static"
CARRIER = "django_htmx"
VENDOR = "vendor/"
SCRIPTS = {
    "htmx-4.min.js": "28fae7bbe8e8142b702debb9d5234a9a436d9435a4b5165b195aa1a7ed840d25",
}


class BadAsset(Permanent):
    """A script that browsers would run is not the one that was tried."""


def check_scripts(folder: Path) -> None:
    """Raises BadAsset naming the script of others that is not as pinned."""
    for name, expected in SCRIPTS.items():
        script = folder / name
        if not script.exists() or sha256(script) != expected:
            raise BadAsset(f"{script} is not the script that this version was tried with")


def carrier_folder() -> Path:
    """Where the installed package keeps its scripts. Does not import it."""
    spec = importlib.util.find_spec(CARRIER)
    if spec is None or spec.origin is None:
        raise BadAsset(f"the package {CARRIER} is not installed")
    return Path(spec.origin).parent / "static" / CARRIER


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def versioned(name: str) -> str:
    """URL of a file that changes with its content, so that it may be kept for ever. Files of
    others are named `vendor/...`.
    """
    script = name.removeprefix(VENDOR)
    file = carrier_folder() / script if name.startswith(VENDOR) else STATIC / name
    return f"/static/{name}?v={sha256(file)[:12]}"

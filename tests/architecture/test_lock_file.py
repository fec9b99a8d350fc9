"""requirements.lock answers every requirement of pyproject.toml, with hashes and without hosts."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)", re.MULTILINE)


def lock_text() -> str:
    return (ROOT / "requirements.lock").read_text()


def wanted() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    return [Requirement(text) for group in (project["dependencies"], *extras) for text in group]


def test_every_requirement_is_pinned_to_a_version_that_satisfies_it() -> None:
    pinned: dict[str, list[str]] = {}
    for pin in PIN.finditer(lock_text()):
        pinned.setdefault(canonicalize_name(pin["name"]), []).append(pin["version"])
    unmet = [
        str(requirement)
        for requirement in wanted()
        if not any(
            requirement.specifier.contains(version, prereleases=True)
            for version in pinned.get(canonicalize_name(requirement.name), [])
        )
    ]
    assert unmet == []


def test_every_pin_has_a_hash() -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"^#.*\n", "", lock_text(), flags=re.MULTILINE))
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_file_names_no_host() -> None:
    pins = re.sub(r"^#.*\n", "", lock_text(), flags=re.MULTILINE)
    assert re.findall(r"\w+://\S+|--\S*index\S*", pins) == []

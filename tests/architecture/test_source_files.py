"""Rules about files that no linter knows."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("services", "shared", "deploy", "tests")
LINES_AT_MOST = 400
BYTES_AT_MOST = 1024**2
FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "core", "misc", "lib", "manager"}


def python_files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted((ROOT / folder).rglob("*.py"))


def names(paths: Iterator[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def test_no_python_file_is_longer_than_400_lines() -> None:
    long = (path for path in python_files() if len(path.read_text().splitlines()) > LINES_AT_MOST)
    assert names(long) == []


def test_no_file_of_the_repository_is_larger_than_a_mebibyte() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 — wherever it is installed
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    files = [ROOT / name for name in listed.split("\0") if name]
    assert ROOT / "README.md" in files
    large = (path for path in files if path.exists() and path.stat().st_size > BYTES_AT_MOST)
    assert names(large) == []


def test_no_module_or_package_has_a_name_that_says_nothing() -> None:
    vague = (
        path
        for path in python_files()
        if FORBIDDEN_NAMES & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}
    )
    assert names(vague) == []


def writes_any(path: Path) -> bool:
    tree = ast.parse(path.read_text())
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module in {"typing", "typing_extensions"}
        and any(alias.name == "Any" for alias in node.names)
        for node in ast.walk(tree)
    )


def test_nobody_writes_any() -> None:
    assert names(path for path in python_files() if writes_any(path)) == []


def test_every_package_folder_can_be_imported() -> None:
    """A folder without __init__.py is passed over by the import rules in silence."""
    bare = {path.parent for path in python_files() if not (path.parent / "__init__.py").exists()}
    versions = ROOT / "services" / "review" / "migrations" / "versions"
    assert names(iter(sorted(bare - {versions}))) == []


@pytest.mark.parametrize("module", ["typing", "typing_extensions"])
def test_the_search_for_any_finds_one(tmp_path: Path, module: str) -> None:
    file = tmp_path / "sample.py"
    file.write_text(f"from {module} import Any, Final\n")
    assert writes_any(file)

"""Whoever leaves a rule out says why, beside it."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("services", "shared", "deploy", "tests")
# The reason follows on the line, or a comment stands above it.
UNEXPLAINED = re.compile(r"#\s*(noqa|type: ignore)(?!(: [A-Z0-9, ]+|\[[a-z-, ]+\]) *(#|—) ?\w)")


def unexplained(lines: list[str]) -> Iterator[int]:
    for place, line in enumerate(lines):
        above = lines[place - 1].strip() if place else ""
        if UNEXPLAINED.search(line) and not above.startswith("#"):
            yield place + 1


def test_every_exception_in_the_source_has_its_reason() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path != Path(__file__)
        for number in unexplained(path.read_text().splitlines())
    ]
    assert bare == []


def test_every_rule_that_ruff_ignores_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    lint = tomllib.loads(text)["tool"]["ruff"]["lint"]
    ignored = [
        *lint["ignore"],
        *(rule for rules in lint["per-file-ignores"].values() for rule in rules),
    ]
    for rule in ignored:
        lines = [line for line in text.splitlines() if f'"{rule}"' in line]
        assert any("#" in line for line in lines), rule


@pytest.mark.parametrize(
    ("line", "bare"),
    [
        ("import jgo  # noqa: PLC0415", True),
        ("import jgo  # noqa", True),
        ("import jgo  # noqa: PLC0415 — costs half a second", False),
        ("name = thing.name  # type: ignore[attr-defined]", True),
        ("name = thing.name  # type: ignore[attr-defined] # a record", False),
    ],
)
def test_the_search_knows_a_reason_from_none(line: str, bare: bool) -> None:
    assert bool(list(unexplained([line]))) is bare

"""docs/promises.md names code and tests that are there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "promises.md"
NAMED = re.compile(r"`([\w/]+\.py)(?:::(\w+))?`")


def rows() -> list[list[str]]:
    """Cells of the tables: promise, where it is kept, tests."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] != "promise" and set(row[0]) != {"-"}]


def named(text: str) -> list[tuple[str, str]]:
    """Files and, after two colons, what they have."""
    return [(path, name) for path, name in NAMED.findall(text)]


def defined(path: Path) -> set[str]:
    if not path.is_file():
        return set()
    nodes = ast.walk(ast.parse(path.read_text()))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_each_promise_names_where_it_is_kept_and_a_test_for_it() -> None:
    assert len(rows()) >= 25
    for promise, kept, tests in rows():
        assert named(kept), promise
        assert named(tests), promise
        assert all(path.startswith("tests/") and name for path, name in named(tests)), promise


def test_everything_that_the_page_names_is_there() -> None:
    gone = [
        f"{path}::{name}" if name else path
        for path, name in named(PAGE.read_text())
        if not (ROOT / path).is_file() or (name and name not in defined(ROOT / path))
    ]
    assert gone == []


def test_a_test_that_is_gone_would_be_found() -> None:
    ((path, name),) = named("`tests/architecture/test_promises_page.py::test_that_never_was`")
    assert name not in defined(ROOT / path)
    assert "test_a_test_that_is_gone_would_be_found" in defined(ROOT / path)

"""Imports point one way for every file of a layer, also for one that shares its layer's name:
`queue_repository` is as much a repository as `repository`. (The import contracts of pyproject.toml
can name whole modules only.)
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Lowest first. `jobs` is a folder; the others are the last word of a file's name.
LAYERS = ("models", "repository", "service", "api", "jobs", "app", "worker", "__main__")
FRAMEWORKS = {
    "aiokafka",
    "asyncio",
    "asyncpg",
    "fastapi",
    "faust",
    "httpx",
    "prometheus_client",
    "random",
    "secrets",
    "socket",
    "sqlalchemy",
    "sqlmodel",
    "starlette",
    "structlog",
    "time",
}


def layer(module: str) -> int | None:
    """Place in LAYERS, None for a module of no layer."""
    *folders, name = module.split(".")
    words = ["jobs"] if "jobs" in folders else [name, name.rsplit("_", 1)[-1]]
    return next((LAYERS.index(word) for word in words if word in LAYERS), None)


def imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def upward(module: str, source: str) -> list[str]:
    """What the module imports from a layer above its own."""
    own = layer(module)
    if own is None:
        return []
    found = {name for name in imported(source) if (layer(name) or 0) > own}
    return sorted(name for name in found if name.startswith("services."))


def impure(module: str, source: str) -> list[str]:
    if module.rsplit(".", 1)[-1].rsplit("_", 1)[-1] != "rules":
        return []
    return sorted({name.split(".")[0] for name in imported(source)} & FRAMEWORKS)


def modules() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "services").rglob("*.py")):
        yield ".".join(path.relative_to(ROOT).with_suffix("").parts), path.read_text()


def test_no_module_imports_a_layer_above_its_own() -> None:
    assert {name: up for name, source in modules() if (up := upward(name, source))} == {}


def test_every_file_of_rules_is_pure() -> None:
    assert {name: found for name, source in modules() if (found := impure(name, source))} == {}


@pytest.mark.parametrize(
    ("module", "line", "wrong"),
    [
        ("services.a.cases.queue_repository", "from services.a.cases.work_api import x", True),
        ("services.a.cases.repository", "from services.a.cases import service", True),
        ("services.a.cases.service", "from services.a.cases.repository import x", False),
        ("services.a.jobs.sink", "from services.a.cases.service import x", False),
        ("services.a.cases.service", "from services.a.jobs.sink import x", True),
        ("services.a.cases.queue_rules", "import time", True),
        ("services.a.cases.queue_rules", "import math", False),
    ],
)
def test_the_search_finds_what_points_up(module: str, line: str, wrong: bool) -> None:
    assert bool(upward(module, line) or impure(module, line)) is wrong

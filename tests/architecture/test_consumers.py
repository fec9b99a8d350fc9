"""Nobody reads a topic from where a library would begin: by default that is its end."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Each way of making a consumer, and how it is told where to begin.
TOLD_BY = {"AIOKafkaConsumer": "auto_offset_reset", "App": "consumer_auto_offset_reset"}


def consumers(path: Path) -> list[ast.Call]:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [call for call in calls if _made(call) in TOLD_BY]


def _made(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def says_where_it_begins(call: ast.Call) -> bool:
    return TOLD_BY[_made(call)] in {keyword.arg for keyword in call.keywords}


def test_every_consumer_says_where_it_begins() -> None:
    files = [
        path for name in ("services", "shared", "deploy") for path in (ROOT / name).rglob("*.py")
    ]
    made = [(path, call) for path in files for call in consumers(path)]
    silent = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path, call in made
        if not says_where_it_begins(call)
    ]
    assert silent == []
    assert len(made) >= 6, "the search finds no consumers any more"


@pytest.mark.parametrize(
    "call", ["AIOKafkaConsumer('t')", "aiokafka.AIOKafkaConsumer()", "faust.App('a')"]
)
def test_the_search_finds_one_that_does_not_say(tmp_path: Path, call: str) -> None:
    file = tmp_path / "sample.py"
    file.write_text(f"consumer = {call}\n")
    (found,) = consumers(file)
    assert not says_where_it_begins(found)

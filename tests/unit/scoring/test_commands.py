"""`mizan score` and `mizan duplicates`: lines in, lines out, in order, bad lines named."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.scoring.commands import commands


def run(arguments: list[str], *lines: object) -> Result:
    written = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    return CliRunner().invoke(commands, arguments, input="\n".join(written))


def answers(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_score_answers_each_line_in_order_with_the_fixed_names() -> None:
    lines = [{"id": f"line-{number}", "text": f"text {number}"} for number in range(7)]
    result = run(["score", "--batch", "3"], *lines)
    assert result.exit_code == 0
    assert [line["id"] for line in answers(result)] == [line["id"] for line in lines]
    (first, *_) = answers(result)
    names = {"id", "violation", "labels", "language", "script", "spans", "watch_list"}
    assert first.keys() == names
    labels = {"toxic", "hate", "abuse", "threat", "profane", "spam", "extremism"}
    assert isinstance(first["labels"], dict)
    assert first["labels"].keys() >= labels


def test_score_does_not_depend_on_the_size_of_the_batch() -> None:
    lines = [{"id": number, "text": f"some words {number} go here"} for number in range(9)]
    assert run(["score", "--batch", "1"], *lines).stdout == run(["score"], *lines).stdout


def test_score_names_a_bad_line_and_answers_the_others() -> None:
    result = run(["score"], {"id": 1, "text": "a"}, "{", {"id": 2}, {"id": 3, "text": "b"})
    assert result.exit_code == 1
    assert [line["id"] for line in answers(result)] == [1, 3]
    assert result.stderr.startswith("line 2: ")
    assert "line 3: /text: " in result.stderr


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ('{"id": true, "text": "a"}', "/id"),
        ('{"id": null, "text": "a"}', "/id"),
        ('{"id": 1, "text": 5}', "/text"),
        ('{"id": 1, "text": "\\ud800"}', "/: Invalid JSON"),
        ("[]", "/: "),
        ("null", "/: "),
        ("{" * 1_000_000, "/: Invalid JSON"),
    ],
)
def test_a_line_that_is_none_is_named_with_its_reason(line: str, place: str) -> None:
    for command in ("score", "duplicates"):
        result = run([command], line, {"id": 3, "text": "b\x00c"})
        assert result.exit_code == 1
        assert [answer["id"] for answer in answers(result)] == [3]
        assert f"line 1: {place}" in result.stderr


def test_no_line_at_all_is_no_fault() -> None:
    assert run(["score"]).exit_code == 0
    assert run(["duplicates"]).exit_code == 0


def test_score_finds_the_names_of_a_watch_list(tmp_path: Path) -> None:
    names = tmp_path / "groups.jsonl"
    names.write_text('{"id": "g1", "names": ["Falcon Front", "جبهة الصقر"]}\n')
    result = run(["score", "--watch-list", str(names)], {"id": 1, "text": "on the Falcon  FRONT"})
    (line,) = answers(result)
    assert isinstance(line["watch_list"], list)
    (hit,) = line["watch_list"]
    assert (hit["list_id"], hit["entry_id"], hit["name"]) == ("groups", "g1", "Falcon Front")


@pytest.mark.parametrize("content", [None, "not json\n"])
def test_a_watch_list_that_cannot_be_read_is_wrong_use(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "names"
    if content:
        path.write_text(content)
    assert run(["score", "--watch-list", str(path)]).exit_code == 2


def test_duplicates_names_the_first_line_with_the_same_letters() -> None:
    result = run(
        ["duplicates"],
        {"id": "a", "text": "The same old copied post"},
        {"id": "b", "text": "Another text altogether"},
        {"id": "c", "text": "the SAME… old, copied p\u200bost!"},
        {"id": "d", "text": "The same old copied post"},
    )
    assert result.exit_code == 0
    match = {"id": "a", "method": "exact", "similarity": 1.0}
    assert [line["match"] for line in answers(result)] == [None, None, match, match]


def test_a_short_text_is_no_duplicate_of_another() -> None:
    result = run(["duplicates"], {"id": 1, "text": "ok thanks"}, {"id": 2, "text": "ok thanks"})
    assert [line["match"] for line in answers(result)] == [None, None]


def test_training_from_a_folder_without_the_sets_is_wrong_use(tmp_path: Path) -> None:
    result = run(["train", str(tmp_path)])
    assert result.exit_code == 2
    assert "davidson" in result.stderr

"""What a newcomer gets wrong is said in one line, before anything is sent."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.replay.commands import commands
from shared.running import NotRunning

NOWHERE = "http://127.0.0.1:9"  # the port of the discard service: nobody listens


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("MIZAN_VAR", "MIZAN_API_KEY", "MIZAN_INGEST_URL", "MIZAN_REVIEW_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "texts.csv").write_text("id,tweet\n1,a text\n")
    (tmp_path / "reports.jsonl").write_text("{}\n")
    return tmp_path


def known_key(monkeypatch: pytest.MonkeyPatch, url: str = NOWHERE) -> None:
    monkeypatch.setenv("MIZAN_API_KEY", "mz_live_k")
    monkeypatch.setenv("MIZAN_INGEST_URL", url)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.csv", "--text-column", "tweet"], "none.csv: No such file or directory"),
        (["texts.csv"], "--text-column; it has: id,tweet"),
        (["texts.csv", "--text-column", "text"], "no column text; it has: id, tweet"),
        (["reports.jsonl", "--policy", "hate"], "--policy is for tables"),
    ],
)
def test_wrong_use_ends_with_2_and_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    known_key(monkeypatch)
    done = CliRunner().invoke(commands, [*arguments, "--platform", "x"])
    assert done.exit_code == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert said in line


def test_without_a_running_stack_it_says_how_to_start_one(folder: Path) -> None:
    done = CliRunner().invoke(commands, ["reports.jsonl", "--platform", "x"])
    assert isinstance(done.exception, NotRunning)
    assert "make run" in str(done.exception)


def test_a_platform_without_a_key_is_told_those_that_have_one(folder: Path) -> None:
    (folder / "var").mkdir()
    (folder / "var" / "ready.json").write_text(
        '{"ingest_url": "http://a", "platforms": [{"name": "x", "api_key": "k"}]}'
    )
    done = CliRunner().invoke(commands, ["reports.jsonl", "--platform", "tiktok"])
    assert done.exit_code == 2
    assert "no key of platform tiktok" in done.stderr
    assert "x" in done.stderr.split("those of:")[1]


def test_an_address_that_is_none_is_wrong_use(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_key(monkeypatch, "localhost:8400")
    done = CliRunner().invoke(commands, ["reports.jsonl", "--platform", "x"])
    assert done.exit_code == 2
    assert "is no address" in done.stderr


def test_when_nobody_answers_it_ends_with_1_and_says_that_it_can_be_run_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_key(monkeypatch)
    done = CliRunner().invoke(commands, ["reports.jsonl", "--platform", "x", "--patience", "1"])
    assert done.exit_code == 1
    assert "no answer from http://127.0.0.1:9" in done.stderr
    assert "run the same again" in done.stderr
    assert "line 1: not sent" in done.stdout

"""A broker starts with what an earlier start found out, where there is such a thing."""

import threading
from pathlib import Path

import pytest

from deploy.local import warm_start
from deploy.local.kafka import Broker, start_cache
from deploy.local.warm_start import ensure_start_cache


def options(jars: Path) -> list[str]:
    """What a start is told about the cache."""
    broker = Broker(folder=jars, jars=jars, port=1, controller_port=2, log=jars / "log")
    return [word for word in broker.launch().command if word.startswith("-XX:AOT")]


@pytest.fixture
def jars(tmp_path: Path) -> Path:
    folder = tmp_path / "jars"
    folder.mkdir()
    return folder


def test_what_a_start_found_out_is_found_out_once(
    jars: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[Path] = []

    def train(scratch: Path, given: Path, made: Path, _given_up: threading.Event) -> None:
        assert scratch.is_dir()
        trained.append(given)
        made.write_bytes(b"known")

    monkeypatch.setattr(warm_start, "train", train)
    assert options(jars) == []
    for _ in range(2):
        ensure_start_cache(jars, threading.Event())
    assert trained == [jars]
    assert options(jars) == [f"-XX:AOTCache={start_cache(jars)}"]


def test_where_java_makes_nothing_it_is_not_asked_again_and_brokers_start_without(
    jars: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[Path] = []
    monkeypatch.setattr(warm_start, "train", lambda *_: trained.append(jars))
    for _ in range(2):
        ensure_start_cache(jars, threading.Event())
    assert trained == [jars]
    assert options(jars) == []


def test_what_was_given_up_is_tried_again(jars: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given_up = threading.Event()
    monkeypatch.setattr(warm_start, "train", lambda *_: given_up.set())
    ensure_start_cache(jars, given_up)
    assert not start_cache(jars).exists()
    assert list(jars.parent.glob("start-*")) == []

"""Kafka's jars come as committed, or not at all."""

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy.local import jars
from deploy.local.errors import DownloadFailed

CONTENTS = {f"org/example/part{number}/1.0/part{number}-1.0.jar": number for number in range(12)}


def content(path: str) -> bytes:
    return b"jar %d" % CONTENTS[path]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        return None


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Folder of a Maven repository on loopback that has what the committed list names."""
    folder = tmp_path / "repository"
    for path in CONTENTS:
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_bytes(content(path))
    sums = tmp_path / "sums"
    sums.write_text(
        "".join(f"{hashlib.sha256(content(path)).hexdigest()}  {path}\n" for path in CONTENTS)
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        monkeypatch.setattr(jars, "SUMS", sums)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setattr(
            "jgo.constants.MAVEN_CENTRAL_URL", f"http://127.0.0.1:{server.server_port}"
        )
        yield folder
        server.shutdown()
        serving.join()


def test_every_jar_is_fetched_once_and_how_far_it_is_can_be_seen(repository: Path) -> None:
    told: list[str] = []
    folder = jars.ensure_jars(told.append)
    assert {path.name for path in folder.iterdir()} == {Path(path).name for path in CONTENTS}
    assert (told[0], told[-1]) == ("0 of 12 files", "12 of 12 files")

    for path in CONTENTS:
        (repository / path).unlink()
    told.clear()
    assert jars.ensure_jars(told.append) == folder
    assert told == []


def test_a_jar_that_was_spoilt_on_this_machine_is_fetched_again(repository: Path) -> None:
    spoilt = jars.ensure_jars() / "part3-1.0.jar"
    spoilt.write_bytes(b"something else")
    jars.ensure_jars()
    assert spoilt.read_bytes() == b"jar 3"


def test_a_jar_that_differs_from_its_committed_sum_is_never_kept(repository: Path) -> None:
    (repository / "org/example/part3/1.0/part3-1.0.jar").write_bytes(b"something else")
    with pytest.raises(DownloadFailed, match=r"Kafka's jars differ from sums: part3-1\.0\.jar"):
        jars.ensure_jars()
    assert not jars.cache_folder().exists()


def test_what_cannot_be_fetched_is_told_in_one_line(repository: Path) -> None:
    (repository / "org/example/part3/1.0/part3-1.0.jar").unlink()
    with pytest.raises(DownloadFailed, match=r"Kafka could not be fetched: .*404") as caught:
        jars.ensure_jars()
    assert "\n" not in str(caught.value)


def test_who_gives_up_waits_for_no_more_than_what_is_under_way(repository: Path) -> None:
    given_up = threading.Event()
    given_up.set()
    with pytest.raises(DownloadFailed, match="stopped"):
        jars.ensure_jars(given_up=given_up)
    assert not jars.cache_folder().exists()

"""`python -m deploy.k8s`: what is made is current, and a release says all that it needs."""

from pathlib import Path

import pytest

from deploy.k8s import topics
from deploy.k8s.__main__ import main
from tests.unit.kubernetes.installations import sample, write_release


def arguments(folder: Path, **changed: str) -> list[str]:
    release = sample("prod")
    given = {
        "overlay": release.overlay,
        "image": release.image,
        "digest": release.digest,
        "tag": release.tag,
        "ingest-host": release.ingest_host,
        "review-host": release.review_host,
        "ingress-class": release.ingress_class,
        "to": str(folder),
    } | {name.replace("_", "-"): value for name, value in changed.items()}
    return ["release", *(f"--{name}={value}" for name, value in given.items() if value)]


def test_what_is_committed_is_what_is_made() -> None:
    assert main(["manifests", "--check"]) == 0


def test_what_differs_is_named_and_with_check_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "topics.yaml"
    old.write_text("old")
    monkeypatch.setattr(topics, "PATH", old)
    assert main(["manifests", "--check"]) == 1
    assert old.read_text() == "old"
    assert capsys.readouterr().out == f"{old}\n"
    assert main(["manifests"]) == 0
    assert old.read_text() == topics.manifest()


def test_a_release_is_written_as_the_tests_have_it(tmp_path: Path) -> None:
    assert main(arguments(tmp_path / "a" / "release")) == 0
    written = {
        path.relative_to(tmp_path / "a"): path.read_text()
        for path in (tmp_path / "a").rglob("*.yaml")
    }
    expected = write_release("prod", tmp_path / "b" / "release")
    assert written == {
        path.relative_to(tmp_path / "b"): path.read_text() for path in expected.rglob("*.yaml")
    }


@pytest.mark.parametrize(
    "changed",
    [
        {"digest": ""},
        {"digest": "sha256:abc"},
        {"digest": "latest"},
        {"image": "registry.example.org/mizan:latest"},
        {"image": "mizan"},
        {"tag": ""},
        {"tag": "-rf"},
        {"ingest_host": "https://reports.example.org"},
        {"review_host": "localhost"},
        {"overlay": "dev"},
    ],
)
def test_a_release_without_a_good_parameter_is_refused_and_nothing_is_written(
    tmp_path: Path, changed: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments(tmp_path / "release", **changed))
    assert ended.value.code == 2
    (name,) = changed
    assert f"--{name.replace('_', '-')}" in capsys.readouterr().err
    assert not (tmp_path / "release").exists()

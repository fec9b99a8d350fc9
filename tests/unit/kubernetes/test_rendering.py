"""What is rendered here is what kubectl renders."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.kubernetes.documents import Document, load, named, parse
from tests.unit.kubernetes.installations import MANIFESTS, write_release
from tests.unit.kubernetes.rendering import NotRendered, render


def by_name(documents: list[Document]) -> dict[str, Document]:
    return {named(document): document for document in documents}


OLDEST_KUSTOMIZE = 5


def kubectl() -> str | None:
    """None where there is none whose kustomize knows what we use."""
    found = shutil.which("kubectl")
    if found is None:
        return None
    command = [found, "version", "--client", "--output=json"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    version = re.search(r'"kustomizeVersion": *"v(\d+)\.', said)
    return found if version and int(version[1]) >= OLDEST_KUSTOMIZE else None


def by_kubectl(folder: Path) -> dict[str, Document] | None:
    """None without kubectl: then the manifests are held to the schemas alone."""
    program = kubectl()
    if program is None:
        return None
    done = subprocess.run(
        [program, "kustomize", str(folder)], capture_output=True, text=True, check=True
    )
    return by_name(parse(done.stdout))


@pytest.mark.parametrize("folder", ["base", "migration", "overlays/dev", "overlays/staging"])
def test_kubectl_renders_the_same_where_there_is_one(folder: str) -> None:
    ours = by_name(render(MANIFESTS / folder))
    assert by_kubectl(MANIFESTS / folder) in (None, ours)


def test_kubectl_renders_the_same_release(tmp_path: Path) -> None:
    folder = write_release("prod", tmp_path / "release")
    assert by_kubectl(folder) in (None, by_name(render(folder)))


def kustomization(folder: Path, text: str) -> Path:
    (folder / "kustomization.yaml").write_text(text)
    return folder


def test_what_is_not_understood_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotRendered, match="helmCharts"):
        render(kustomization(tmp_path, "resources: []\nhelmCharts: []\n"))


def test_a_patch_of_something_absent_is_refused(tmp_path: Path) -> None:
    (tmp_path / "patch.yaml").write_text("kind: Deployment\nmetadata: {name: nobody}\n")
    with pytest.raises(NotRendered, match="there is no Deployment/nobody"):
        render(kustomization(tmp_path, "resources: []\npatches: [{path: patch.yaml}]\n"))


def test_a_repeated_key_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "twice.yaml").write_text("kind: Service\nkind: Deployment\n")
    with pytest.raises(Exception, match="repeats"):
        load(tmp_path / "twice.yaml")

"""What is rendered here is what kubectl renders."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.kubernetes.documents import Document, load, named, parse
from tests.unit.kubernetes.rendering import NotRendered, render

MANIFESTS = Path(__file__).parents[3] / "deploy" / "k8s"
FOLDERS = ("base", "migration")


def by_name(documents: list[Document]) -> dict[str, Document]:
    return {named(document): document for document in documents}


@pytest.mark.parametrize("folder", FOLDERS)
def test_kubectl_renders_the_same_where_there_is_one(folder: str) -> None:
    """Without kubectl nothing is compared: the manifests are then held to the schemas alone."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        return
    done = subprocess.run(
        [kubectl, "kustomize", str(MANIFESTS / folder)], capture_output=True, text=True, check=True
    )
    assert by_name(render(MANIFESTS / folder)) == by_name(parse(done.stdout))


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

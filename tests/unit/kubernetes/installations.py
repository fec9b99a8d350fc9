"""All that can be applied to a cluster: the overlays, and releases as an operator makes them."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.k8s.release import Release, files
from tests.unit.kubernetes.documents import Document
from tests.unit.kubernetes.rendering import render

MANIFESTS = Path(__file__).parents[3] / "deploy" / "k8s"
RELEASED = ("staging", "prod")
INSTALLATIONS = ("overlays/dev", *(f"release/{overlay}" for overlay in RELEASED))


def sample(overlay: str) -> Release:
    """A release of nothing: the digest is that of no image."""
    return Release(
        overlay=overlay,
        image="registry.example.org/mizan",
        digest="sha256:" + "ab" * 32,
        tag="0.1.0",
        ingest_host="reports.example.org",
        review_host="review.example.org",
        ingress_class="nginx",
    )


def write_release(overlay: str, folder: Path) -> Path:
    for path, content in files(sample(overlay), folder).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


@cache
def restoring() -> list[Document]:
    """What a release has for a database that came from a backup."""
    with TemporaryDirectory() as folder:
        return render(write_release("prod", Path(folder) / "release") / "restore")


@cache
def rendered(name: str) -> list[Document]:
    """Documents of a folder of deploy/k8s, or of `release/<overlay>`. Not to be changed."""
    kind, _, overlay = name.partition("/")
    if kind != "release":
        return render(MANIFESTS / name)
    with TemporaryDirectory() as folder:
        return render(write_release(overlay, Path(folder) / "release"))

"""A release for one cluster: the overlay, and all that only its operator knows, in a few files.

They belong to the operator, who keeps them where deployments are kept.
"""

import argparse
import os
import re
from dataclasses import dataclass
from pathlib import Path

OVERLAYS = Path(__file__).parent / "overlays"
MIGRATION = Path(__file__).parent / "migration"
RESTORE = Path(__file__).parent / "restore"
IMAGE = "parameter.invalid/mizan"  # what the manifests name: it can be pulled from nowhere
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]+)?(/[a-z0-9]([a-z0-9._-]*[a-z0-9])?)+")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,39}")
HOST = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")


@dataclass(frozen=True)
class Release:
    """`image` has no tag: what runs is what `digest` says. `tag` names the migration."""

    overlay: str
    image: str
    digest: str
    tag: str
    ingest_host: str
    review_host: str
    ingress_class: str

    @property
    def job_suffix(self) -> str:
        """The tag as a part of a Kubernetes name."""
        return re.sub(r"[^a-z0-9]+", "-", self.tag.lower()).strip("-")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Every one is required, and a bad one is refused with what it should be."""
    overlays = sorted(path.name for path in OVERLAYS.iterdir() if path.name != "dev")
    parser.add_argument("--overlay", required=True, choices=overlays)
    for name, form, example in (
        ("image", NAME, "registry.example.org/mizan"),
        ("digest", DIGEST, "sha256: and 64 hexadecimal digits"),
        ("tag", TAG, "0.1.0"),
        ("ingest-host", HOST, "reports.example.org"),
        ("review-host", HOST, "review.example.org"),
        ("ingress-class", re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?"), "nginx"),
    ):
        parser.add_argument(f"--{name}", required=True, type=_Like(form, example), help=example)
    parser.add_argument("--to", required=True, type=Path, help="folder, new or of a release before")


@dataclass(frozen=True)
class _Like:
    form: re.Pattern[str]
    example: str

    def __call__(self, given: str) -> str:
        if not self.form.fullmatch(given):
            raise argparse.ArgumentTypeError(f"is not like {self.example}")
        return given


def files(release: Release, folder: Path) -> dict[Path, str]:
    """What the folder has to hold, by path."""
    return {
        folder / "kustomization.yaml": _kustomization(release, folder),
        folder / "ingress.yaml": "---\n".join(
            (
                _ingress(release, "ingest", release.ingest_host),
                _ingress(release, "review-api", release.review_host),
            )
        ),
        folder / "migration" / "kustomization.yaml": _migration(release, folder / "migration"),
        folder / "restore" / "kustomization.yaml": _restore(release, folder / "restore"),
    }


def _kustomization(release: Release, folder: Path) -> str:
    return f"""\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: mizan
resources:
  - {_way(folder, OVERLAYS / release.overlay)}
  - migration
  - ingress.yaml
{_images(release)}\
configMapGenerator:
  - name: mizan-settings
    behavior: merge
    literals:
      - MIZAN_INGEST_URL=https://{release.ingest_host}
      - MIZAN_REVIEW_URL=https://{release.review_host}
"""


def _migration(release: Release, folder: Path) -> str:
    return f"""\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - {_way(folder, MIGRATION)}
nameSuffix: -{release.job_suffix}
"""


def _restore(release: Release, folder: Path) -> str:
    """Not in the release itself: it is applied when the database came from a backup."""
    return f"""\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - {_way(folder, RESTORE)}
{_images(release)}"""


def _images(release: Release) -> str:
    return f"""\
images:
  - name: {IMAGE}
    newName: {release.image}
    digest: {release.digest}
"""


def _ingress(release: Release, service: str, host: str) -> str:
    return f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {service}
  labels: {{app.kubernetes.io/name: mizan, app.kubernetes.io/component: {service}}}
spec:
  ingressClassName: {release.ingress_class}
  tls:
    - hosts: [{host}]
      secretName: {service}-tls
  rules:
    - host: {host}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: {service}
                port: {{name: http}}
"""


def _way(here: Path, there: Path) -> str:
    return os.path.relpath(there.resolve(), here.resolve())

"""What a document may hold.

Kubernetes' own kinds: the strict schemas that the package kubernetes-validate carries. Custom
resources: the narrow ones in `custom/`, which know the fields that we use and no others.
"""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePath
from typing import cast

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tests.unit.kubernetes.documents import Document, Value, load, text

KUBERNETES = ("1.32", "1.37")  # the oldest and the newest version that the manifests are for
CUSTOM = Path(__file__).parent / "custom"
# By version and file: a kind that moves to another version needs its schema read again.
CUSTOM_KINDS = {
    "kafka.strimzi.io/v1": "kafka.yaml",
    "postgresql.cnpg.io/v1": "postgres.yaml",
    "keda.sh/v1alpha1": "keda.yaml",
    "monitoring.coreos.com/v1": "prometheus.yaml",
}
DEFINITIONS = "https://kubernetes.io/api/_definitions.json#/$defs"
BORROWED = {
    "LabelSelector": "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector",
    "NetworkPolicyPeer": "io.k8s.api.networking.v1.NetworkPolicyPeer",
    "ObjectMeta": "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
    "PodSecurityContext": "io.k8s.api.core.v1.PodSecurityContext",
    "ResourceRequirements": "io.k8s.api.core.v1.ResourceRequirements",
    "SecurityContext": "io.k8s.api.core.v1.SecurityContext",
    "TopologySpreadConstraint": "io.k8s.api.core.v1.TopologySpreadConstraint",
}


class NoSchema(Exception):
    """Nothing is known of this kind in this version."""


def complaints(document: Document, kubernetes: str = KUBERNETES[-1]) -> list[str]:
    """What is wrong with the document, one line each with the place. Raises NoSchema."""
    validator = _validator(text(document, "apiVersion"), text(document, "kind"), kubernetes)
    return [
        f"{'/'.join(str(step) for step in error.absolute_path)}: {error.message}"
        for error in validator.iter_errors(document)
    ]


@cache
def _validator(api_version: str, kind: str, kubernetes: str) -> Draft202012Validator:
    definitions = Resource.from_contents(_read("_definitions.json", kubernetes))
    if api_version in CUSTOM_KINDS:
        schema = _custom(api_version, kind)
    else:
        group, _, version = api_version.rpartition("/")
        stem = f"{group.partition('.')[0]}-{version}" if group else version
        schema = _read(f"{kind.lower()}-{stem}.json", kubernetes)
    registry = Resource.from_contents(schema) @ (definitions @ Registry())
    return Draft202012Validator(schema, registry=registry)


def _custom(api_version: str, kind: str) -> Document:
    (known,) = load(CUSTOM / CUSTOM_KINDS[api_version])
    if kind not in known:
        raise NoSchema(f"{kind} of {api_version}")
    spec = cast("Document", _with_borrowed(known[kind]))
    return {
        "$schema": Draft202012Validator.META_SCHEMA["$schema"],
        "$id": f"https://mizan.invalid/{api_version}/{kind}",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
        "properties": {
            "apiVersion": {"const": api_version},
            "kind": {"const": kind},
            "metadata": {"$ref": f"{DEFINITIONS}/{BORROWED['ObjectMeta']}"},
            "spec": {"$id": f"https://mizan.invalid/{api_version}/{kind}/spec", **spec},
        },
    }


def _with_borrowed(value: Value) -> Value:
    """`kubernetes#Name` names a definition of Kubernetes' own."""
    if isinstance(value, list):
        return [_with_borrowed(item) for item in value]
    if isinstance(value, dict):
        return {key: _with_borrowed(inner) for key, inner in value.items()}
    if isinstance(value, str) and value.startswith("kubernetes#"):
        return f"{DEFINITIONS}/{BORROWED[value.removeprefix('kubernetes#')]}"
    return value


@cache
def _read(name: str, kubernetes: str) -> Document:
    folder = f"kubernetes-json-schema/v{kubernetes}.0-local-strict"
    try:
        content = (files("kubernetes_validate") / folder / name).read_text()
    except FileNotFoundError:
        raise NoSchema(f"{PurePath(name).stem} in Kubernetes {kubernetes}") from None
    return cast("Document", json.loads(content))

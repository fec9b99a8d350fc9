"""What `kubectl kustomize` makes of a folder, for the part of kustomize that deploy/k8s uses.

A field outside that part is refused: what is rendered here is what a cluster gets. Where there is a
kubectl, a test holds the two against each other.
"""

import copy
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from tests.unit.kubernetes.documents import (
    Document,
    Value,
    load,
    mapping,
    mappings_within,
    sequence,
    text,
)
from tests.unit.kubernetes.merging import merged

FIELDS = frozenset(
    {
        "apiVersion",
        "kind",
        "namespace",
        "nameSuffix",
        "resources",
        "components",
        "configMapGenerator",
        "labels",
        "patches",
        "images",
    }
)
CLUSTER_WIDE = frozenset({"Namespace"})
POD_TEMPLATES = frozenset({"Deployment", "StatefulSet", "Job"})
_HASH_LETTERS = str.maketrans("013ae", "ghkmt")


class NotRendered(Exception):
    """The folder uses something that is not understood here, or names something absent."""


def render(folder: Path) -> list[Document]:
    """All documents of the folder with its resources and components, in their order."""
    documents = _accumulated(folder, [])
    _hash_names(documents)
    return documents


def _accumulated(folder: Path, before: list[Document]) -> list[Document]:
    """`before` is what a component finds already there; a folder of its own begins with nothing."""
    (kustomization,) = load(folder / "kustomization.yaml")
    unknown = kustomization.keys() - FIELDS
    if unknown:
        raise NotRendered(f"{folder}: {sorted(unknown)}")
    documents = before
    for name in sequence(kustomization, "resources"):
        path = folder / str(name)
        documents += _accumulated(path, []) if path.is_dir() else load(path)
    for name in sequence(kustomization, "components"):
        documents = _accumulated(folder / str(name), documents)
    for entry in sequence(kustomization, "configMapGenerator"):
        _generate(documents, folder, mapping(entry))
    _transform(documents, folder, kustomization)
    return documents


def _transform(documents: list[Document], folder: Path, kustomization: Document) -> None:
    for entry in sequence(kustomization, "patches"):
        _patch(documents, folder, mapping(entry))
    namespace = text(kustomization, "namespace")
    for document in documents if namespace else ():
        _put_into(document, namespace)
    for document in documents:
        suffix = text(kustomization, "nameSuffix")
        mapping(document, "metadata")["name"] = text(document, "metadata", "name") + suffix
    for entry in sequence(kustomization, "labels"):
        for document in documents:
            _label(document, mapping(entry))
    for entry in sequence(kustomization, "images"):
        for document in documents:
            _set_image(document, mapping(entry))


def _generate(documents: list[Document], folder: Path, entry: Document) -> None:
    data: dict[str, Value] = {}
    for file in sequence(entry, "envs"):
        data |= _pairs((folder / str(file)).read_text().splitlines())
    data |= _pairs(str(literal) for literal in sequence(entry, "literals"))
    for file in sequence(entry, "files"):
        data[Path(str(file)).name] = (folder / str(file)).read_text()
    match text(entry, "behavior"):
        case "merge":
            known = _find(documents, "ConfigMap", text(entry, "name"))
            known["data"] = mapping(known, "data") | data
        case "":
            documents.append(_config_map(entry, data))
        case other:
            raise NotRendered(f"{folder}: behavior {other}")


def _config_map(entry: Document, data: dict[str, Value]) -> Document:
    options = mapping(entry, "options")
    metadata: Document = {"name": text(entry, "name")}
    if "labels" in options:
        metadata["labels"] = mapping(options, "labels")
    if not options.get("disableNameSuffixHash"):
        metadata["generated"] = True
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def _pairs(lines: Iterator[str] | list[str]) -> dict[str, Value]:
    kept = (line for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in (line.partition("=") for line in kept)}


def _find(documents: list[Document], kind: str, name: str) -> Document:
    for document in documents:
        if document["kind"] == kind and text(document, "metadata", "name") == name:
            return document
    raise NotRendered(f"there is no {kind}/{name}")


def _patch(documents: list[Document], folder: Path, entry: Document) -> None:
    if entry.keys() != {"path"}:
        raise NotRendered(f"{folder}: a patch is a file that names its own target")
    for change in load(folder / text(entry, "path")):
        target = _find(documents, text(change, "kind"), text(change, "metadata", "name"))
        after = merged(target, change)
        target.clear()
        target.update(after)


def _put_into(document: Document, namespace: str) -> None:
    metadata = mapping(document, "metadata")
    if document["kind"] in CLUSTER_WIDE:
        metadata["name"] = namespace
    else:
        metadata["namespace"] = namespace


def _label(document: Document, entry: Document) -> None:
    pairs = mapping(entry, "pairs")
    metadata = mapping(document, "metadata")
    metadata["labels"] = mapping(metadata, "labels") | pairs
    if entry.get("includeTemplates") and document["kind"] in POD_TEMPLATES:
        template = mapping(document, "spec", "template", "metadata")
        template["labels"] = mapping(template, "labels") | pairs


def _set_image(document: Document, entry: Document) -> None:
    for container in mappings_within(document):
        name, _, _ = text(container, "image").partition(":") if _has_image(container) else ("",) * 3
        if name != text(entry, "name"):
            continue
        wanted = text(entry, "newName") or name
        digest, tag = text(entry, "digest"), text(entry, "newTag")
        container["image"] = (
            f"{wanted}@{digest}" if digest else f"{wanted}:{tag}" if tag else wanted
        )


def _has_image(value: dict[str, Value]) -> bool:
    return isinstance(value.get("image"), str)


def _hash_names(documents: list[Document]) -> None:
    """A generated map is named by what it holds, so that a change of it starts new pods."""
    names: dict[str, str] = {}
    for document in documents:
        metadata = mapping(document, "metadata")
        if metadata.pop("generated", None):
            name = text(metadata, "name")
            names[name] = f"{name}-{content_hash(mapping(document, 'data'))}"
            metadata["name"] = names[name]
    for document in documents:
        for inner in mappings_within(copy.copy(document)):
            for field in ("configMapRef", "configMapKeyRef", "configMap"):
                reference = inner.get(field)
                if isinstance(reference, dict) and reference.get("name") in names:
                    reference["name"] = names[str(reference["name"])]


def content_hash(data: dict[str, Value]) -> str:
    """As kustomize makes it: ten hexadecimal digits, some of them other letters, of no name."""
    told = {"data": data, "kind": "ConfigMap", "name": ""}
    compact = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for letter, escaped in (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e")):
        compact = compact.replace(letter, escaped)  # as Go writes JSON
    return hashlib.sha256(compact.encode()).hexdigest()[:10].translate(_HASH_LETTERS)

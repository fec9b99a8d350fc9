"""Kubernetes' own schemas in their strict form, as the package kubernetes-validate has them."""

import json
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from typing import cast

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tests.unit.kubernetes.documents import Document, Value, text

KUBERNETES = ("1.32", "1.37")  # the oldest and the newest version that the manifests are for


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
    group, _, version = api_version.rpartition("/")
    stem = f"{group.partition('.')[0]}-{version}" if group else version
    schema = _schema(f"{kind.lower()}-{stem}.json", kubernetes)
    definitions = Resource.from_contents(_definitions(kubernetes))
    registry = Resource.from_contents(schema) @ (definitions @ Registry())
    return Draft202012Validator(schema, registry=registry)


@cache
def _definitions(kubernetes: str) -> dict[str, Value]:
    return _schema("_definitions.json", kubernetes)


def _schema(name: str, kubernetes: str) -> dict[str, Value]:
    folder = f"kubernetes-json-schema/v{kubernetes}.0-local-strict"
    try:
        content = (files("kubernetes_validate") / folder / name).read_text()
    except FileNotFoundError:
        raise NoSchema(f"{PurePath(name).stem} in Kubernetes {kubernetes}") from None
    return cast("dict[str, Value]", json.loads(content))

"""The manifests are valid for the oldest and the newest Kubernetes that they are made for."""

import pytest

from tests.unit.kubernetes.documents import Document, named, parse
from tests.unit.kubernetes.rendering import render
from tests.unit.kubernetes.schemas import KUBERNETES, NoSchema, complaints
from tests.unit.kubernetes.test_rendering import FOLDERS, MANIFESTS


@pytest.mark.parametrize("kubernetes", KUBERNETES)
@pytest.mark.parametrize("folder", FOLDERS)
def test_every_document_is_valid(folder: str, kubernetes: str) -> None:
    found = {
        named(document): complaints(document, kubernetes) for document in render(MANIFESTS / folder)
    }
    assert {name: lines for name, lines in found.items() if lines} == {}


def service(field: str) -> Document:
    return parse(f"apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {{{field}: 1}}\n")[0]


def test_a_field_that_kubernetes_does_not_know_is_found() -> None:
    assert "replicaz" in complaints(service("replicaz"))[0]


def test_a_kind_without_a_schema_is_not_taken_for_valid() -> None:
    with pytest.raises(NoSchema):
        complaints({"apiVersion": "example.org/v1", "kind": "Anything", "metadata": {}})

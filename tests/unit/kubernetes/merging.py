"""Strategic merge: how a patch file changes a document of Kubernetes' own kinds."""

from collections.abc import Mapping

from tests.unit.kubernetes.documents import Document, Value

# Lists of Kubernetes' own kinds whose items are told apart by one of their fields; every other list
# is replaced.
ITEMS_BY: dict[str, str] = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
}


def merged(document: Document, change: Document) -> Document:
    """The document after the change. A null takes a field away."""
    group, _, _ = str(document.get("apiVersion", "")).rpartition("/")
    own = "." not in group or group.endswith(".k8s.io")
    return _merged(document, change, ITEMS_BY if own else {})


def _merged(document: Document, change: Document, items_by: Mapping[str, str]) -> Document:
    after = dict(document)
    for field, wanted in change.items():
        present = after.get(field)
        if wanted is None:
            after.pop(field, None)
        elif isinstance(present, dict) and isinstance(wanted, dict):
            after[field] = _merged(present, wanted, items_by)
        elif isinstance(present, list) and isinstance(wanted, list) and field in items_by:
            after[field] = _items(present, wanted, items_by[field], items_by)
        else:
            after[field] = wanted
    return after


def _items(
    present: list[Value], wanted: list[Value], key: str, items_by: Mapping[str, str]
) -> list[Value]:
    """In the order of the patch, then those that it does not name: as kustomize has it."""
    known = {str(item[key]): item for item in present if isinstance(item, dict)}
    changed: list[Value] = [
        _merged(known.pop(str(item[key]), {}), item, items_by)
        for item in wanted
        if isinstance(item, dict)
    ]
    return [*changed, *known.values()]

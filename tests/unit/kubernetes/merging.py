"""Strategic merge: how a patch file changes a document of Kubernetes' own kinds."""

from tests.unit.kubernetes.documents import Document, Value

# Lists whose items are told apart by one of their fields; every other list is replaced.
ITEMS_BY: dict[str, str] = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
}


def merged(document: Document, change: Document) -> Document:
    """The document after the change. A null takes a field away."""
    after = dict(document)
    for field, wanted in change.items():
        if wanted is None:
            after.pop(field, None)
        else:
            after[field] = _value(field, after.get(field), wanted)
    return after


def _value(field: str, present: Value, wanted: Value) -> Value:
    if isinstance(present, dict) and isinstance(wanted, dict):
        return merged(present, wanted)
    if isinstance(present, list) and isinstance(wanted, list) and field in ITEMS_BY:
        return _items(present, wanted, ITEMS_BY[field])
    return wanted


def _items(present: list[Value], wanted: list[Value], key: str) -> list[Value]:
    """Kustomize puts items that are new before those that were there."""
    changes = {item[key]: item for item in wanted if isinstance(item, dict)}
    kept = [
        merged(item, changes.pop(item[key]))
        if isinstance(item, dict) and item[key] in changes
        else item
        for item in present
    ]
    return [*changes.values(), *kept]

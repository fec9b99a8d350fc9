"""Reading what YAML holds, without saying `Any`."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias, cast

import yaml

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
Document: TypeAlias = dict[str, Value]


class _StrictLoader(yaml.CSafeLoader):
    """As Kubernetes reads: a key that is repeated is an error, not a change of mind."""


def _mapping(loader: yaml.CSafeLoader, node: yaml.MappingNode) -> dict[str, Value]:
    pairs = [
        (
            cast("str", loader.construct_object(key)),
            cast("Value", loader.construct_object(value, deep=True)),
        )
        for key, value in node.value
    ]
    keys = [key for key, _ in pairs]
    repeated = {key for key in keys if keys.count(key) > 1}
    if repeated:
        raise yaml.constructor.ConstructorError(
            None, None, f"repeats {sorted(repeated)}", node.start_mark
        )
    return dict(pairs)


_StrictLoader.add_constructor("tag:yaml.org,2002:map", _mapping)


def parse(text: str) -> list[Document]:
    """All documents of a YAML text that are not empty."""
    loaded = yaml.load_all(text, _StrictLoader)
    return [cast("Document", document) for document in loaded if document is not None]


def load(path: Path) -> list[Document]:
    return parse(path.read_text())


def at(value: Value, *path: str) -> Value:
    """What lies there; None when any step is absent."""
    for step in path:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def mapping(value: Value, *path: str) -> dict[str, Value]:
    """The mapping that lies there; empty when absent."""
    found = at(value, *path)
    if found is None:
        return {}
    assert isinstance(found, dict), f"{path} is no mapping: {found!r}"
    return found


def sequence(value: Value, *path: str) -> list[Value]:
    """The list that lies there; empty when absent."""
    found = at(value, *path)
    if found is None:
        return []
    assert isinstance(found, list), f"{path} is no list: {found!r}"
    return found


def text(value: Value, *path: str) -> str:
    """The string that lies there; empty when absent."""
    found = at(value, *path)
    if found is None:
        return ""
    assert isinstance(found, str), f"{path} is no string: {found!r}"
    return found


def named(document: Document) -> str:
    """Kind and name, for messages."""
    return f"{text(document, 'kind')}/{text(document, 'metadata', 'name')}"


def of_kind(documents: Iterable[Document], *kinds: str) -> list[Document]:
    return [document for document in documents if document.get("kind") in kinds]


def mappings_within(value: Value) -> Iterator[dict[str, Value]]:
    """The value itself and every mapping somewhere inside it."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from mappings_within(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from mappings_within(inner)

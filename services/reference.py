"""Writes docs/reference/ from the code: `python -m services.reference`.

Metrics, settings and topics are declared once, where they are used; the pages for operators are
made from those declarations, and a test asserts that they are current.
"""

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import TypeGuard

from prometheus_client import REGISTRY, Metric
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from shared.contracts.topics import Topic, all_topics
from shared.settings import PREFIX, ServiceSettings

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"
MADE = "This page is made from the code by `python -m services.reference`; do not edit it.\n"


def modules_named(name: str) -> list[ModuleType]:
    """Modules `name` of the shared code, each service and the local stack, in that order."""
    paths = [
        path
        for top in ("shared", "services", "deploy")
        for path in sorted(ROOT.glob(f"{top}/**/{name}.py"))
    ]
    return [
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for path in paths
    ]


def metrics_page() -> str:
    modules_named("metrics")
    families = sorted(
        (family for family in REGISTRY.collect() if family.name.startswith("mizan_")),
        key=lambda family: family.name,
    )
    rows = "\n".join(_metric_row(family) for family in families)
    return (
        f"# Metrics\n\n{MADE}\nServed as `/metrics` on the admin port of each process.\n\n"
        "| name | type | labels | meaning, and what to do when it moves |\n"
        f"|---|---|---|---|\n{rows}\n"
    )


def _metric_row(family: Metric) -> str:
    suffix = "_total" if family.type == "counter" else ""
    name = family.name + suffix
    # The registry knows the labels of a metric without samples only by its collector.
    collector = REGISTRY._names_to_collectors[name]  # noqa: SLF001 — by no other way
    labels = ", ".join(f"`{label}`" for label in getattr(collector, "_labelnames", ()))
    return f"| `{name}` | {family.type} | {labels} | {_cell(family.documentation)} |"


def settings_page() -> str:
    parts = [f"# Settings\n\n{MADE}\nRead once from the environment when a process starts.\n"]
    for module in modules_named("settings"):
        parts.extend(
            _settings_table(module, kind)
            for kind in vars(module).values()
            if _is_settings(kind, module)
        )
    return "\n".join(parts)


def _is_settings(kind: object, module: ModuleType) -> TypeGuard[type[BaseSettings]]:
    return (
        isinstance(kind, type)
        and issubclass(kind, BaseSettings)
        and kind.__module__ == module.__name__
    )


def _settings_table(module: ModuleType, kind: type[BaseSettings]) -> str:
    derived = issubclass(kind, ServiceSettings) and kind is not ServiceSettings
    inherited = set(ServiceSettings.model_fields) if derived else set()
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_default(field)} | {_cell(field.description or '')} |"
        for name, field in kind.model_fields.items()
        if name not in inherited
    ]
    title = "Every process" if kind is ServiceSettings else f"`{module.__name__}`"
    return "\n".join(
        [f"## {title}\n", "| variable | default | meaning |", "|---|---|---|", *rows, ""]
    )


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "none: must be given"
    value = field.get_default(call_default_factory=True, validated_data={})
    return "empty" if value in (None, "") else f"`{value}`"


def topics_page() -> str:
    rows = "\n".join(_topic_row(topic) for topic in all_topics())
    return (
        f"# Topics\n\n{MADE}\n"
        "| topic | key | from | to | kind | partitions | retention | contracts |\n"
        f"|---|---|---|---|---|---|---|---|\n{rows}\n"
    )


def _topic_row(topic: Topic) -> str:
    retention = f"{topic.retention.days} days" if topic.retention else "newest of each key"
    contracts = ", ".join(contract.__name__ for contract in topic.contracts) or "as it came"
    consumers = ", ".join(topic.consumers)
    return (
        f"| `{topic.name}` | {topic.key} | {topic.producer} | {consumers} | {topic.kind} "
        f"| {topic.partitions} | {retention} | {contracts} |"
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def pages() -> dict[Path, str]:
    return {
        FOLDER / "metrics.md": metrics_page(),
        FOLDER / "settings.md": settings_page(),
        FOLDER / "topics.md": topics_page(),
    }


def main() -> None:
    """With `--check` nothing is written: the names of pages that are not current are printed and
    the exit code is 1 when there are any.
    """
    old = []
    for path, text in pages().items():
        if path.exists() and path.read_text() == text:
            continue
        old.append(path.relative_to(ROOT))
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    for path in old:
        sys.stdout.write(f"{path}\n")
    if "--check" in sys.argv and old:
        sys.exit(1)


if __name__ == "__main__":
    main()

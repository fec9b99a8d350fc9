"""The metrics page of a process, read as Prometheus reads it."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.running_stack import Ready

Page = dict[tuple[str, frozenset[tuple[str, str]]], float]


def fetch(url: str) -> str:
    return httpx.get(url, timeout=5, trust_env=False).raise_for_status().text


def fetch_pages(ready: Ready) -> dict[str, Page]:
    """By the name of the process."""
    return {name: parsed(fetch(url)) for name, url in ready["metrics_urls"].items()}


def parsed(text: str) -> Page:
    return {
        (sample.name, frozenset(sample.labels.items())): float(sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def total(page: Page, name: str, **labels: str) -> float:
    """Sum of all samples of that name with at least these labels."""
    return sum(
        value
        for (found, has), value in page.items()
        if found == name and has.issuperset(labels.items())
    )


def has(page: Page, name: str, **labels: str) -> bool:
    return any(found == name and own.issuperset(labels.items()) for (found, own) in page)

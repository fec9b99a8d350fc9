"""Asks every process for its page of metrics, all at once."""

import asyncio
import time
from collections.abc import Mapping, Sequence

import httpx
from prometheus_client.parser import text_string_to_metric_families

from services.top.rules import Reading, Sample

ANSWER_SECONDS = 2.0


async def read_all(client: httpx.AsyncClient, urls: Mapping[str, str]) -> Reading:
    """A process that does not answer in two seconds is down. Raises nothing."""
    pages = await asyncio.gather(*(_page(client, url) for url in urls.values()))
    return Reading(time.monotonic(), dict(zip(urls, pages, strict=True)))


async def _page(client: httpx.AsyncClient, url: str) -> Sequence[Sample] | None:
    try:
        answer = await client.get(url, timeout=ANSWER_SECONDS)
        answer.raise_for_status()
        return parsed(answer.text)
    except (httpx.HTTPError, ValueError):
        return None


def parsed(page: str) -> list[Sample]:
    """Raises ValueError for what is no page of metrics."""
    return [
        Sample(sample.name, sample.labels, float(sample.value))
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    ]

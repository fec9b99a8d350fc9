"""What is asked of a request before its body is looked into."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from services.ingest.errors import Refused
from services.ingest.problems import Problem
from shared.observability.traces import TRACEPARENT, trace_headers, valid_traceparent

Fields = Mapping[str, Sequence[str]]

BODY_SECONDS = 10.0
JSON, NDJSON = "application/json", "application/x-ndjson"
_ANSWERS = {
    JSON: frozenset({JSON, "application/problem+json", "application/*", "*/*"}),
    NDJSON: frozenset({NDJSON, JSON, "application/problem+json", "application/*", "*/*"}),
}


def fields_of(headers: Iterable[tuple[bytes, bytes]]) -> Fields:
    """All values of each field of a head, which is asked for a dozen of them."""
    fields: dict[str, list[str]] = {}
    for name, value in headers:
        fields.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return fields


def check_head(fields: Fields, media_type: str) -> None:
    """Raises Refused for another type of body, or an answer nobody wants."""
    types = fields.get("content-type", ())
    if len(types) != 1 or not _is_type(types[0], media_type):
        raise Refused(Problem.UNSUPPORTED_TYPE, f"Send {media_type}.")
    accept = fields.get("accept")
    if accept is not None and not _accepts(accept[0], media_type):
        raise Refused(Problem.NOT_ACCEPTABLE)


@lru_cache(maxsize=256)
def _is_type(text: str, media_type: str) -> bool:
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    return kind == media_type and all(
        parameter in {"", "charset=utf-8", 'charset="utf-8"'} for parameter in parameters
    )


@lru_cache(maxsize=256)
def _accepts(text: str, media_type: str) -> bool:
    for part in text.split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if kind in _ANSWERS[media_type] and "q=0" not in parameters:
            return True
    return False


def is_gzip(fields: Fields, *, allowed: bool) -> bool:
    """Whether the body is to be decompressed. Raises Refused for any other coding."""
    codings = [value.strip().lower() for value in fields.get("content-encoding", ())]
    codings = [coding for coding in codings if coding not in {"", "identity"}]
    if not codings:
        return False
    if allowed and codings == ["gzip"]:
        return True
    raise Refused(Problem.UNSUPPORTED_TYPE, "This coding of the body is not supported here.")


async def read_body(receive: Receive, fields: Fields, most_bytes: int) -> bytes:
    """The whole body. Raises Refused as soon as it is too large or too slow, and ClientDisconnect
    when the client has gone.
    """
    declared = fields.get("content-length")
    if declared is not None and (len(declared[0]) > 12 or int(declared[0]) > most_bytes):
        raise Refused(Problem.TOO_LARGE, f"More than {most_bytes} bytes.")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _received(receive, most_bytes)
    except TimeoutError:
        raise Refused(Problem.BODY_TIMEOUT) from None


async def _received(receive: Receive, most_bytes: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > most_bytes:
            raise Refused(Problem.TOO_LARGE, f"More than {most_bytes} bytes.")
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts) if len(parts) > 1 else parts[0]


def is_strict(fields: Fields) -> bool:
    """`Prefer: handling=strict`."""
    return any(
        preference.split(";")[0].replace(" ", "").replace('"', "").lower() == "handling=strict"
        for value in fields.get("prefer", ())
        for preference in value.split(",")
    )


def record_headers(fields: Fields) -> list[tuple[str, bytes]]:
    """Headers of the Kafka record: the trace that the request belongs to."""
    (traceparent, *_) = fields.get(TRACEPARENT, (None,))
    return trace_headers(valid_traceparent(traceparent))

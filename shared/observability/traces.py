"""W3C Trace Context, carried from the request to the webhook."""

import re
from collections.abc import Iterable

TRACEPARENT = "traceparent"
_FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def valid_traceparent(value: str | None) -> str | None:
    """The value when it is well formed, else None: a bad one is left out, never an error."""
    return value if value is not None and _FORM.fullmatch(value) else None


def traceparent_of(headers: Iterable[tuple[str, bytes]]) -> str | None:
    """The trace that a Kafka record belongs to."""
    for name, value in headers:
        if name == TRACEPARENT:
            return valid_traceparent(value.decode("ascii", "replace"))
    return None


def trace_headers(traceparent: str | None) -> list[tuple[str, bytes]]:
    """Kafka headers that carry the trace on."""
    return [(TRACEPARENT, traceparent.encode())] if traceparent else []

"""What a record on `decisions` says beside the event, for a database that has to be restored.

Subscribers need none of it: an event is whole without its headers.
"""

from collections.abc import Iterable
from dataclasses import dataclass

POSITION = "feed-position"
DECIDED_BY = "decided-by"


@dataclass(frozen=True)
class Origin:
    """`position` in the feed; `decided_by` is the reviewer's id, None for what nobody decided.
    Records of before these headers have neither.
    """

    position: int | None = None
    decided_by: str | None = None


def origin_headers(origin: Origin) -> list[tuple[str, bytes]]:
    said = {POSITION: origin.position, DECIDED_BY: origin.decided_by}
    return [(name, str(value).encode()) for name, value in said.items() if value is not None]


def origin_of(headers: Iterable[tuple[str, bytes]]) -> Origin:
    """Never raises: what is not as written is as good as absent."""
    said = {name: value.decode("utf-8", "replace") for name, value in headers}
    position = said.get(POSITION, "")
    return Origin(
        int(position) if position.isascii() and position.isdecimal() else None,
        said.get(DECIDED_BY) or None,
    )

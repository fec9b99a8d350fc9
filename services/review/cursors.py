"""Cursors of lists: opaque to whoever holds one, and good for that one list alone. Pure."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence

from services.review.errors import Malformed

Place = Sequence[str | int]

_SIGNATURE_BYTES = 16


def signed_cursor(key: bytes, scope: str, place: Place) -> str:
    """Cursor for the place. `scope` names the list, its owner and its filters: a cursor taken to
    another list is refused.
    """
    payload = json.dumps(list(place), separators=(",", ":")).encode()
    data = _signature(key, scope, payload) + payload
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read_cursor(key: bytes, scope: str, cursor: str) -> list[str | int]:
    """The place that was signed. Raises Malformed for a cursor that we did not make for this."""
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _refusal() from None
    signature, payload = data[:_SIGNATURE_BYTES], data[_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(key, scope, payload)):
        raise _refusal()
    place: list[str | int] = json.loads(payload)
    return place


def _signature(key: bytes, scope: str, payload: bytes) -> bytes:
    message = len(scope.encode()).to_bytes(4, "big") + scope.encode() + payload
    return hmac.digest(key, message, hashlib.sha256)[:_SIGNATURE_BYTES]


def _refusal() -> Malformed:
    return Malformed("bad_cursor", "This cursor is not one of this list.")

"""What a form of the desk sends, read strictly and within limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from services.review.errors import Forbidden, Malformed, TooLarge
from services.review.reviewers.access import CSRF_HEADER, csrf_matches
from services.review.reviewers.models import Viewer

MOST_BYTES = 256 * 1024
MOST_FIELDS = 3_000


@dataclass(frozen=True)
class Form:
    fields: Mapping[str, tuple[str, ...]]

    def one(self, name: str) -> str:
        """The field's first value, empty where there is none."""
        return self.fields.get(name, ("",))[0]

    def all(self, name: str) -> tuple[str, ...]:
        return self.fields.get(name, ())


async def read_form(request: Request, viewer: Viewer | None) -> Form:
    """The urlencoded body. With a viewer, the form must carry the session's CSRF token (a script
    may send it as a header); without one, the page must be our own.

    Raises Malformed, TooLarge or Forbidden `csrf`.
    """
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MOST_BYTES:
            raise TooLarge("body_too_large", f"A form has at most {MOST_BYTES} bytes.")
    try:
        pairs = parse_qsl(
            data.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
        )
    except ValueError:
        raise Malformed("malformed_request", "The form cannot be read.") from None
    found: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        # browsers send CR LF in texts; the database takes no NUL
        clean = value.replace("\r\n", "\n").replace("\x00", "\ufffd")
        found[name] = (*found.get(name, ()), clean)
    form = Form(found)
    _check_origin(request, viewer, form)
    return form


def _check_origin(request: Request, viewer: Viewer | None, form: Form) -> None:
    if viewer is None:
        ours = request.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}
    else:
        given = request.headers.get(CSRF_HEADER) or form.one("csrf")
        ours = csrf_matches(viewer, given)
    if not ours:
        raise Forbidden("csrf", "The form is not from a page of this session.")

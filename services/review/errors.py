"""What can go wrong in review, as the one who asked is told.

MizanError
├── Transient
│   └── Unavailable        503  a dependency is away
└── Permanent
    └── Refused                 answered with its own status and code
        ├── Malformed      400
        ├── Unauthenticated 401
        ├── Forbidden      403
        ├── NotFound       404
        ├── Conflict       409  conflicts with the present state; says what it is
        ├── TooLarge       413
        ├── WrongType      415
        ├── Unacceptable   422  parsed, but wrong; names the fields
        └── TooMany        429
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import JsonValue

from shared.errors import Permanent, Transient


class Unavailable(Transient):
    """A dependency is away; asking again in a moment may help."""


@dataclass(frozen=True)
class FieldError:
    """`pointer` is a JSON Pointer into the body that was sent."""

    pointer: str
    code: str
    message: str


class Refused(Permanent):
    """`facts` are further members of the problem document."""

    status: ClassVar[int] = 400

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        facts: Mapping[str, JsonValue] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.facts = dict(facts or {})


class Malformed(Refused):
    """Cannot be parsed."""

    status = 400


class Unauthenticated(Refused):
    """No key or session, or a bad one."""

    status = 401


class Forbidden(Refused):
    """Known, and not allowed."""

    status = 403


class NotFound(Refused):
    """Not there, or not yours: the two are told apart to nobody."""

    status = 404


class Conflict(Refused):
    """Conflicts with the present state; `facts` say what it is and who made it so."""

    status = 409


class TooLarge(Refused):
    """More bytes than a body may have."""

    status = 413


class WrongType(Refused):
    """Not the media type or encoding that the call takes."""

    status = 415


class Unacceptable(Refused):
    """Parsed, but wrong; `errors` name the fields."""

    status = 422


class TooMany(Refused):
    """Too often; `facts["retry_after"]` is in seconds."""

    status = 429

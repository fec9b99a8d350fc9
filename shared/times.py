"""Times as others write them and as we write them: RFC 3339, kept in UTC. Pure."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:)([0-9]{2})(?:\.[0-9]{1,12})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def parse_time(value: object) -> datetime:
    """RFC 3339 with a zone, to the microsecond. A leap second is the end of the second before.

    A time that does not exist in UTC (the first and the last hours of the calendar, across zones)
    is refused here: it would only fail in the database. What is a time already stays as it is.
    """
    if isinstance(value, datetime) and value.tzinfo is UTC:
        return value
    if isinstance(value, str) and len(value) == 20 and value[4::3] == "--T::Z":  # as most write it
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass  # a leap second, or none that exists
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("time", "must be a time by RFC 3339 with its zone")
    text = found[0]
    if found[2] == "60":
        text = f"{found[1]}59.999{found[3]}"
    try:
        moment = datetime.fromisoformat(text.upper())
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise PydanticCustomError("time", "must be a time that exists") from None


def time_text(moment: datetime) -> str:
    """RFC 3339 with `Z`, of a time in UTC."""
    return moment.isoformat().replace("+00:00", "Z")


Moment = Annotated[datetime, BeforeValidator(parse_time)]

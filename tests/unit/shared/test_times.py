"""Times that others write."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.times import Moment, time_text

_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-20T09:14:03Z", datetime(2026, 11, 20, 9, 14, 3, tzinfo=UTC)),
        ("2026-11-20t14:14:03.25+05:00", datetime(2026, 11, 20, 9, 14, 3, 250_000, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
    ],
)
def test_a_time_with_its_zone_is_read_in_utc(written: str, meant: datetime) -> None:
    assert _MOMENT.validate_python(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-02-30T00:00:00Z",
        "2026-11-20T24:00:00Z",
        "2026-11-20T09:14:03",
        "2026-11-20",
        "1795814361",
        1795814361,
        1e300,
        True,
        None,
    ],
)
def test_a_time_that_does_not_exist_or_is_none_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        _MOMENT.validate_python(written)


@given(st.datetimes() | st.from_regex(r"[0-9TZ:\-]{20}", fullmatch=True))
def test_a_plain_time_is_read_as_one_with_a_fraction(written: datetime | str) -> None:
    if isinstance(written, datetime):
        written = f"{written.replace(microsecond=0).isoformat()}Z"
    other = f"{written[:-1]}.0{written[-1:]}"
    assert found(written) == found(other)


def found(written: str) -> datetime | None:
    try:
        return _MOMENT.validate_python(written)
    except ValidationError:
        return None


def test_a_time_is_told_with_z() -> None:
    assert time_text(datetime(2026, 11, 20, 9, 14, 3, tzinfo=UTC)) == "2026-11-20T09:14:03Z"

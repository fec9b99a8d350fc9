"""The same file gives the same reports on every run, on subjects that nobody has."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.subjects.canonical import canonical_subject
from services.ingest.subjects.phones import Phones
from services.replay.rules import (
    LONGEST_TEXT,
    MOST_ROWS,
    Table,
    Unsendable,
    is_subject_of,
    made_up_subject,
    report_of,
)
from shared.contracts.identifiers import PlatformId
from shared.contracts.report import Identity, SubjectKind

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
PLATFORMS = ("x", "youtube", "telegram", "facebook", "whatsapp", "a-new-one")
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
ROWS = st.integers(1, MOST_ROWS)


def table(platform: str = "x", digest: str = "ab" * 32, policy: str = "other") -> Table:
    return Table(platform, policy, digest, NOW)


def canonical(platform: str, digest: str, row: int) -> tuple[str, Identity]:
    made = made_up_subject(table(platform, digest), row)
    found = canonical_subject(
        PlatformId(platform),
        SubjectKind.CONTENT,
        url=made.get("url"),
        platform_id=made.get("platform_id"),
        phones=Phones(b"a key"),
    )
    assert found.warnings == ()
    return str(found.subject.subject_id), found.subject.identity


@pytest.mark.parametrize("platform", PLATFORMS)
@given(digest=DIGESTS, row=ROWS, other=ROWS)
def test_each_row_has_a_stable_subject_of_its_platform_to_itself(
    platform: str, digest: str, row: int, other: int
) -> None:
    subject, identity = canonical(platform, digest, row)
    assert identity is Identity.STABLE
    assert is_subject_of(platform, subject)
    assert (subject == canonical(platform, digest, other)[0]) == (row == other)


@given(digest=DIGESTS, row=ROWS)
def test_no_subject_can_be_one_that_a_platform_gave_out(digest: str, row: int) -> None:
    post = canonical("x", digest, row)[0].removeprefix("x:post:")
    assert int(post) > 2**64
    video = canonical("youtube", digest, row)[0]
    assert video[-1] not in "AEIMQUYcgkosw048"  # how 64 bits end in base 64
    chat = re.match(r"tg:post:c/(\d+)/", canonical("telegram", digest, row)[0])
    assert chat is not None
    assert int(chat[1]) > 2**64
    assert canonical("facebook", digest, row)[0].startswith("fb:post:99")


@given(text=st.text(min_size=1).filter(str.strip), digest=DIGESTS, row=ROWS)
def test_the_same_row_of_the_same_file_is_the_same_report_at_any_time(
    text: str, digest: str, row: int
) -> None:
    first = report_of(table(digest=digest), row, text)
    later = Table("x", "other", digest, NOW + timedelta(days=1))
    second = report_of(later, row, text)
    if isinstance(first, Unsendable):
        assert second == first
        return
    assert isinstance(second, bytes)
    one, two = json.loads(first), json.loads(second)
    assert one.pop("reported_at") != two.pop("reported_at")
    assert one == two
    assert one["content"]["text"] == text
    assert len(one["external_id"]) <= 128


def test_a_report_alleges_the_policy_that_was_asked_for() -> None:
    made = report_of(table(policy="hate"), 1, "a text")
    assert isinstance(made, bytes)
    assert json.loads(made)["reason"] == {"policy_id": "hate"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty_text"),
        (" \n\t", "empty_text"),
        ("a\udcffb", "not_utf8"),
        ("a" * (LONGEST_TEXT + 1), "too_long"),
    ],
)
def test_a_text_that_cannot_be_a_report_says_why(text: str, code: str) -> None:
    made = report_of(table(), 1, text)
    assert isinstance(made, Unsendable)
    assert made.code == code


def test_a_byte_that_is_not_utf8_is_named() -> None:
    made = report_of(table(), 1, b"caf\xe9".decode("utf-8", "surrogateescape"))
    assert made == Unsendable("not_utf8", "the byte 0xe9 is not UTF-8")


def test_rows_past_the_reserved_range_are_refused_not_wrapped() -> None:
    made = report_of(table(), MOST_ROWS + 1, "a text")
    assert isinstance(made, Unsendable)
    assert made.code == "too_many_rows"

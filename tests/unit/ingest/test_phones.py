"""Telephone numbers leave the edge in no field."""

import pytest

from services.ingest.subjects.phones import REDACTED, Phones, redacted_text

PHONES = Phones(b"a key for the tests")


@pytest.mark.parametrize(
    "text",
    [
        "+923001234567",
        "+92 300 1234567",
        "+92-300-123-4567",
        "00923001234567",
        "(0300) 123 4567",
        "0300-1234567",
        "0300 1234567",
        "923001234567",
        "tel:+923001234567",
        "https://wa.me/923001234567",
        "https://api.whatsapp.com/send?phone=923001234567",
        "923001234567@s.whatsapp.net",
        "+۹۲۳۰۰۱۲۳۴۵۶۷",
        "+92\u200b300\u200b1234567",
        "+1 (202) 555-0143",
    ],
)
def test_a_telephone_number_in_a_text_is_redacted(text: str) -> None:
    redacted = redacted_text(f"call {text} tonight")
    assert REDACTED in redacted
    assert not any(
        digits in redacted for digits in ("1234567", "123 4567", "123-4567", "0143", "۴۵۶۷")
    )


@pytest.mark.parametrize(
    "text",
    [
        "on 2026-11-20T09:14:03Z",
        "on 2026-11-20 at 10:00",
        "post 1790000000000000001",
        "https://x.com/some_one/status/1790000000000000001",
        "https://facebook.com/100044123456789/posts/1234567890123",
        "1,200,000 people",
        "10.0.0.1 and 192.168.100.200",
        "a5f3e1d2c4b6978812345678",
        "in 1999, 2004 and 2011",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert redacted_text(text) == text


@pytest.mark.parametrize(
    "url",
    [
        "https://wa.me/923001234567",
        "https://wa.me/p/5000000/923001234567",
        "https://example.org/?phone=923001234567",
        "https://example.org/call/+923001234567",
        "https://example.org/?x=%2B923001234567",
        "whatsapp://send?phone=923001234567",
        "tel:923001234567",
    ],
)
def test_a_telephone_number_in_a_url_is_a_token(url: str) -> None:
    redacted = PHONES.redacted_url(url)
    assert "923001234567" not in redacted
    assert f"phone-{PHONES.hashed('923001234567')}" in redacted


def test_the_hash_needs_the_key() -> None:
    assert PHONES.hashed("923001234567") != Phones(b"another key of tests").hashed("923001234567")
    assert "a key" not in repr(PHONES)


def test_digits_alone_are_an_id_where_accounts_are_no_telephone_numbers() -> None:
    assert PHONES.token("44196397", bare=False) is None
    assert PHONES.token("+923001234567", bare=False) is not None

"""Telephone numbers leave the edge in no field."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.subjects.canonical import name_id, shown_id
from services.ingest.subjects.phones import REDACTED, Phones, redacted_text
from shared.contracts.identifiers import PlatformId
from shared.contracts.report import SubjectKind

PHONES = Phones(b"a key for the tests")
NAME = f"phone-{PHONES.hashed('923001234567')}"


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
        "202-555-0143",
        "92 300 1234567",
        "+92_300_1234567",
        "+92·300·1234567",
        "+92300\u20631234567",
        "sms:923001234567",
        "phone: 923001234567",
        "https://wa.me/92-300-1234567",
        "https://wa.me/%39%32%33%30%30%31%32%33%34%35%36%37",
        "https://wa.me/" + quote("٩٢٣٠٠١٢٣٤٥٦٧"),
        "https://api.whatsapp.com/send/?phone=%2B92%20300%201234567",
        "https://example.org/?tel=923001234567",
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
        "1 200 000 000 people",
        "100%25 of 12%20000",
        "https://x.com/i/lists/1790000000000000001?s=20&t=12345678",
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
        "https://wa.me/%39%32%33%30%30%31%32%33%34%35%36%37",
        "https://wa.me/" + quote("۹۲۳۰۰۱۲۳۴۵۶۷"),
        "https://example.org/?q=%2B92%20300%20123%204567",
        "https://example.org/?mobile=923001234567",
        "https://example.org/?number=923001234567",
        "callto:923001234567",
        "sms:923001234567",
    ],
)
def test_a_telephone_number_in_a_url_is_a_token(url: str) -> None:
    redacted = PHONES.redacted_url(url)
    assert "923001234567" not in redacted
    assert f"phone-{PHONES.hashed('923001234567')}" in redacted


_EVERY_DIGIT = [chr(code) for code in range(0x110000) if chr(code).isdecimal()]


@pytest.mark.parametrize("zero", _EVERY_DIGIT[::10])
def test_a_telephone_number_is_found_in_the_digits_of_every_script(zero: str) -> None:
    number = "".join(chr(ord(zero) + int(digit)) for digit in "923001234567")
    assert redacted_text(f"call {number} tonight") == f"call {REDACTED} tonight"
    assert redacted_text(f"call {quote(number)} tonight") == f"call {REDACTED} tonight"


def test_the_hash_needs_the_key() -> None:
    assert PHONES.hashed("923001234567") != Phones(b"another key of tests").hashed("923001234567")
    assert "a key" not in repr(PHONES)


def test_digits_alone_are_an_id_where_accounts_are_no_telephone_numbers() -> None:
    assert PHONES.token("44196397", bare=False) is None
    assert PHONES.token("+923001234567", bare=False) is not None


@pytest.mark.parametrize(
    "link", ["923001234567", "+92 300 1234567", "0300-1234567", "۹۲۳۰۰۱۲۳۴۵۶۷"]
)
def test_a_link_that_is_no_url_but_a_number_is_a_token(link: str) -> None:
    assert PHONES.redacted_link(link) == PHONES.token(link, bare=True) is not None


@pytest.mark.parametrize("platform", ["x", "whatsapp", "telegram"])
@pytest.mark.parametrize(
    "text", ["wa.me/923001234567", "0300-1234567", "call +92 300 1234567", "＋923001234567"]
)
def test_an_id_that_holds_a_number_is_not_shown(platform: str, text: str) -> None:
    shown = shown_id(PlatformId(platform), text, PHONES)
    assert not [part for part in ("1234567", "123 4567") if part in shown]


@given(st.from_regex(r"[A-Za-z1-9][A-Za-z0-9_\-]*", fullmatch=True) | st.just(NAME))
def test_an_id_of_letters_and_digits_is_shown_as_it_is(text: str) -> None:
    assert shown_id(PlatformId("x"), text, PHONES) == text
    assert PHONES.token(text, bare=False) in {None, text}


@pytest.mark.parametrize("text", ["3EB0C431C26A1D", "false_x_3EB0C431C26A1D"])
def test_the_id_of_a_message_is_shown(text: str) -> None:
    assert shown_id(PlatformId("whatsapp"), text, PHONES) == text


@pytest.mark.parametrize(
    "text",
    ["wamid.HBgMOTIzMDAxMjM0NTY3FQIAERgSQTNDQTVC", "923001234567", "true_923001234567@c.us_3EB0"],
)
def test_the_id_of_a_message_that_holds_its_chats_number_is_hashed(text: str) -> None:
    """WhatsApp's own interfaces write the number in base64."""
    name = name_id(PlatformId("whatsapp"), SubjectKind.CONTENT, text, PHONES)
    assert name.subject_id == f"wa:message:{PHONES.hashed(text)}"
    assert text not in shown_id(PlatformId("whatsapp"), text, PHONES)

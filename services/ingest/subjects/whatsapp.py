"""WhatsApp: people are telephone numbers, so they are keyed hashes from here on."""

import re

from services.ingest.subjects.names import ACCOUNT, CHANNEL, CONTENT, GROUP, Name, opaque, stable
from services.ingest.subjects.phones import Phones
from services.ingest.subjects.urls import Url, host_without, is_below
from shared.contracts.report import SubjectKind

PREFIX = "wa"
HOSTS = frozenset({"wa.me", "whatsapp.com"})

_GROUP = re.compile(r"[A-Za-z0-9]{16,32}")
_CHANNEL = re.compile(r"0029[A-Za-z0-9]{10,40}")
_NUMBER = re.compile(r"[1-9][0-9]{0,19}")
_CODE = re.compile(r"[A-Za-z0-9]{6,32}")
_CHAT = re.compile(r"([0-9]{15,25})@g\.us")
_NEWSLETTER = re.compile(r"([0-9]{10,25})@newsletter")
_MESSAGE = re.compile(r"[A-Za-z0-9_.:@+/\-=]{1,256}")
_HIDES_PHONE = re.compile(r"[0-9]{7}")


def owns(host: str) -> bool:
    return host_without(host, "www.") in HOSTS or is_below(host, HOSTS)


def owns_scheme(scheme: str) -> bool:
    return scheme == "whatsapp"


def name_url(url: Url, phones: Phones) -> Name | None:  # noqa: PLR0911 — a table of forms
    host = "whatsapp:" if url.scheme == "whatsapp" else host_without(url.host, "www.")
    match host, url.segments:
        case "chat.whatsapp.com", (code,) | ("invite", code):
            return _group(code)
        case "whatsapp:", () if url.host == "chat":
            return _group(url.get("code"))
        case "whatsapp.com", ("channel", code) if _CHANNEL.fullmatch(code):
            return stable(f"wa:channel:{code}", CHANNEL)
        case "whatsapp.com", ("channel", code, post) if _CHANNEL.fullmatch(
            code
        ) and _NUMBER.fullmatch(post):
            return stable(f"wa:channel:{code}/{post}", CONTENT)
        case "wa.me", ("message" | "qr", code) if _CODE.fullmatch(code):
            return opaque(f"wa:link:{code}", ACCOUNT)
        case "wa.me", (phone,) | ("c", phone):
            return _phone(phone, phones)
        case _, ("send",) | ("send", *_):
            return _phone(url.get("phone"), phones)
        case "whatsapp:", () if url.host == "send":
            return _phone(url.get("phone"), phones)
    return None


def name_id(kind: SubjectKind, text: str, phones: Phones) -> Name | None:
    """A number is a person, `…@g.us` a group, anything else for content the id of a message."""
    newsletter = _NEWSLETTER.fullmatch(text)
    if newsletter and kind is not SubjectKind.CONTENT:
        return stable(f"wa:newsletter:{newsletter[1]}", CHANNEL)
    if kind is SubjectKind.ACCOUNT:
        return _phone(text, phones)
    if kind is SubjectKind.GROUP:
        chat = _CHAT.fullmatch(text)
        if chat:
            return stable(f"wa:chat:{chat[1]}", GROUP)
        if text.endswith("@g.us") and len(text) <= 64:  # older ids hold their maker's number
            return stable(f"wa:chat:{phones.hashed(text)}", GROUP)
        return _group(text)
    return (
        stable(f"wa:message:{message_id(text, phones)}", CONTENT)
        if _MESSAGE.fullmatch(text)
        else None
    )


def name_handle(_text: str) -> Name | None:
    return None


def message_id(text: str, phones: Phones) -> str:
    """The id, or its hash where a telephone number may be in it: the ids of WhatsApp's own
    interfaces (`wamid.…`) hold that of the chat in base64.
    """
    hides = _HIDES_PHONE.search(text) and not text.isalnum()
    if hides or text.startswith("wamid.") or phones.token(text, bare=True):
        return phones.hashed(text)
    return text


def _phone(text: str, phones: Phones) -> Name | None:
    token = phones.token(text, bare=True)
    if token is None:
        return None
    return stable(f"wa:phone:{token.removeprefix('phone-')}", ACCOUNT)


def _group(code: str) -> Name | None:
    return opaque(f"wa:group:{code}", GROUP) if _GROUP.fullmatch(code) else None

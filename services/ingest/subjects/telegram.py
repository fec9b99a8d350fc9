"""Telegram: a public name may be a person's, a channel's or a group's; posts hang below it."""

import re

from services.ingest.subjects.names import (
    ACCOUNT,
    CHANNEL,
    CONTENT,
    GROUP,
    Name,
    handle,
    opaque,
    stable,
)
from services.ingest.subjects.phones import Phones
from services.ingest.subjects.urls import Url, host_without, is_below
from shared.contracts.report import SubjectKind

PREFIX = "tg"
HOSTS = frozenset({"t.me", "telegram.me", "telegram.dog"})
HOME = frozenset({"telegram.org"})

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{3,31}")
_NUMBER = re.compile(r"[1-9][0-9]{0,19}")
_INVITE = re.compile(r"[A-Za-z0-9_\-]{8,64}")
_RESERVED = frozenset(
    {
        "addemoji", "addlist", "addstickers", "addtheme", "boost", "confirmphone", "contact",
        "giftcode", "invoice", "joinchat", "login", "proxy", "setlanguage", "share", "socks",
    }
)  # fmt: skip


def owns(host: str) -> bool:
    plain = host_without(host, "www.")
    named = plain.endswith(".t.me") and plain.count(".") == 2
    return plain in HOSTS | HOME or named or is_below(plain, HOME)


def owns_scheme(scheme: str) -> bool:
    return scheme == "tg"


def name_url(url: Url, phones: Phones) -> Name | None:  # noqa: C901, PLR0911 — a table of URL forms
    if url.scheme == "tg":
        return _app_link(url, phones)
    segments = list(url.segments)
    host = host_without(url.host, "www.")
    if host in HOME or is_below(host, HOME):
        return None
    if host not in HOSTS:
        segments.insert(0, host.removesuffix(".t.me"))
    if segments[:1] == ["s"] and len(segments) in {2, 3}:
        segments = segments[1:]
    match segments:
        case [text] if text.startswith(("+", " ", "phone-")):
            return _plus(text.replace(" ", "+", 1), phones)
        case ["joinchat", code]:
            return _invite(code)
        case ["addstickers" | "addemoji", code] if _NAME.fullmatch(code):
            return stable(f"tg:stickers:{code.lower()}", CONTENT)
        case ["c", chat] if _NUMBER.fullmatch(chat):
            return stable(f"tg:chat:{chat}", CHANNEL)
        case ["c", chat, post] | ["c", chat, _, post] if _numbers(segments[1:]):
            return stable(f"tg:post:c/{chat}/{post}", CONTENT)
        case [name, "s", story] if _named(name) and _NUMBER.fullmatch(story):
            return stable(f"tg:story:{name.lower()}/{story}", CONTENT)
        case [name, post] | [name, _, post] if _numbers(segments[1:]):
            return _post(name, post, url.get("comment"))
        case [name]:
            return name_handle(name)
    return None


def name_id(  # noqa: PLR0911 — a table of forms
    kind: SubjectKind, text: str, phones: Phones
) -> Name | None:
    """Numbers as Telegram's own interfaces have them: -100… is a channel or a large group."""
    owner, slash, post = text.removeprefix("@").partition("/")
    chat = owner.removeprefix("-100") if owner.startswith("-100") else ""
    if slash:
        if kind is not SubjectKind.CONTENT or not _NUMBER.fullmatch(post):
            return None
        if _NUMBER.fullmatch(chat):
            return stable(f"tg:post:c/{chat}/{post}", CONTENT)
        return _post(owner, post, "")
    if kind is SubjectKind.CONTENT:
        return None
    if _NUMBER.fullmatch(chat):
        return stable(f"tg:chat:{chat}", CHANNEL)
    if owner[:1] == "-" and _NUMBER.fullmatch(owner[1:]):
        return stable(f"tg:group:{owner[1:]}", GROUP)
    if _NUMBER.fullmatch(owner):
        return stable(f"tg:user:{owner}", ACCOUNT) if kind is SubjectKind.ACCOUNT else None
    token = phones.token(text, bare=False)
    if token:
        return _phone(token)
    return name_handle(owner)


def name_handle(text: str) -> Name | None:
    name = text.removeprefix("@")
    return handle(f"tg:channel:{name.lower()}", CHANNEL) if _named(name) else None


def _named(text: str) -> bool:
    return bool(_NAME.fullmatch(text)) and text.lower() not in _RESERVED


def _numbers(texts: list[str]) -> bool:
    return all(_NUMBER.fullmatch(text) for text in texts)


def _post(name: str, post: str, comment: str) -> Name | None:
    if not _named(name) or not _NUMBER.fullmatch(post):
        return None
    if not comment:
        return stable(f"tg:post:{name.lower()}/{post}", CONTENT)
    if not _NUMBER.fullmatch(comment):
        return None
    return stable(f"tg:comment:{name.lower()}/{post}/{comment}", CONTENT)


def _plus(text: str, phones: Phones) -> Name | None:
    """After a plus comes an invitation, or a telephone number where all of it is digits."""
    token = phones.token(text, bare=False)
    return _phone(token) if token else _invite(text.removeprefix("+"))


def _phone(token: str) -> Name:
    return handle(f"tg:phone:{token.removeprefix('phone-')}")


def _invite(code: str) -> Name | None:
    return opaque(f"tg:invite:{code}", GROUP) if _INVITE.fullmatch(code) else None


def _app_link(url: Url, phones: Phones) -> Name | None:
    match url.host:
        case "resolve" if url.get("phone"):
            token = phones.token(url.get("phone"), bare=True)
            return _phone(token) if token else None
        case "resolve" if "post" in url.query:
            return _post(url.get("domain"), url.get("post"), url.get("comment"))
        case "resolve":
            return name_handle(url.get("domain"))
        case "join":
            return _invite(url.get("invite"))
        case "privatepost" if _numbers([url.get("channel"), url.get("post")]):
            return stable(f"tg:post:c/{url.get('channel')}/{url.get('post')}", CONTENT)
        case "user" if _NUMBER.fullmatch(url.get("id")):
            return stable(f"tg:user:{url.get('id')}", ACCOUNT)
    return None

"""X: a post by its number alone; an account by number, or by a handle that can change hands."""

import re
from functools import lru_cache

from services.ingest.subjects.names import ACCOUNT, CONTENT, GROUP, Name, handle, stable
from services.ingest.subjects.phones import Phones
from services.ingest.subjects.urls import Url, host_without, is_below
from shared.contracts.report import SubjectKind

PREFIX = "x"
HOSTS = frozenset(
    {"x.com", "twitter.com", "fxtwitter.com", "vxtwitter.com", "fixupx.com", "fixvx.com"}
)
LINK_HOST = "t.co"

_ID = re.compile(r"[1-9][0-9]{0,19}")
_CODE = re.compile(r"[A-Za-z0-9]{6,20}")
_HANDLE = re.compile(r"@?([A-Za-z0-9_]{1,15})")
_POST_TAILS = frozenset({"likes", "retweets", "quotes", "analytics", "history", "hidden"})
_ACCOUNT_TAILS = frozenset(
    {"with_replies", "media", "likes", "highlights", "articles", "followers", "following"}
)
_RESERVED = frozenset(
    {
        "about", "account", "compose", "download", "explore", "hashtag", "help", "home", "i",
        "intent", "jobs", "login", "logout", "messages", "newtab", "notes", "notifications",
        "oauth", "premium_sign_up", "privacy", "search", "settings", "share", "signup", "status",
        "statuses", "tos", "web", "who_to_follow",
    }
)  # fmt: skip


def owns(host: str) -> bool:
    return host == LINK_HOST or _plain(host) in HOSTS or is_below(host, HOSTS)


def name_url(url: Url, _phones: Phones) -> Name | None:  # noqa: C901, PLR0911 — a table of URL forms
    if _plain(url.host) not in HOSTS:
        return None
    match url.segments:
        case (owner, "status" | "statuses", post, *rest) if _handle_of(owner):
            return _post(post, rest)
        case ("i", "status" | "statuses", post, *rest) | ("i", "web", "status", post, *rest):
            return _post(post, rest)
        case ("i", "user", user):
            return _user(user)
        case ("i", "lists", code) if _ID.fullmatch(code):
            return stable(f"x:list:{code}", CONTENT)
        case ("i", "communities", code) if _ID.fullmatch(code):
            return stable(f"x:community:{code}", GROUP)
        case ("i", "spaces" | "broadcasts" as kind, code, *rest) if _CODE.fullmatch(code):
            return stable(f"x:{kind[:-1]}:{code}", CONTENT) if rest in ([], ["peek"]) else None
        case ("intent", "user" | "follow"):
            return _intent(url)
        case (owner,):
            return _account(owner)
        case (owner, tail) if tail in _ACCOUNT_TAILS:
            return _account(owner)
    return None


def name_id(kind: SubjectKind, text: str, _phones: Phones) -> Name | None:
    """Digits are a post, a user or a community; anything else can only be a handle."""
    if _ID.fullmatch(text):
        if kind is SubjectKind.CONTENT:
            return stable(f"x:post:{text}", CONTENT)
        if kind is SubjectKind.ACCOUNT:
            return stable(f"x:user:{text}", ACCOUNT)
        return stable(f"x:community:{text}", GROUP)
    return _account(text) if kind is SubjectKind.ACCOUNT else None


def name_handle(text: str) -> Name | None:
    return _account(text)


@lru_cache(maxsize=256)
def _plain(host: str) -> str:
    return host_without(host, "www.", "mobile.", "m.")


def _post(text: str, rest: list[str]) -> Name | None:
    match rest:
        case [] | ["photo" | "video"]:
            known = True
        case ["photo" | "video", number]:
            known = number.isascii() and number.isdigit()
        case [tail]:
            known = tail in _POST_TAILS
        case _:
            known = False
    return stable(f"x:post:{text}", CONTENT) if known and _ID.fullmatch(text) else None


def _user(text: str) -> Name | None:
    return stable(f"x:user:{text}", ACCOUNT) if _ID.fullmatch(text) else None


def _account(text: str) -> Name | None:
    name = _handle_of(text)
    return handle(f"x:handle:{name}") if name else None


def _handle_of(text: str) -> str | None:
    """In lower case, as X tells handles apart."""
    found = _HANDLE.fullmatch(text)
    name = found and found[1].lower()
    return None if name in _RESERVED else name


def _intent(url: Url) -> Name | None:
    if url.get("user_id"):
        return _user(url.get("user_id"))
    return _account(url.get("screen_name"))

"""YouTube: videos by their case-sensitive code, channels by UC id; handles can change hands."""

import re
import unicodedata

from services.ingest.subjects.names import ACCOUNT, CONTENT, Name, handle, stable
from services.ingest.subjects.phones import Phones
from services.ingest.subjects.urls import Url, host_without, is_below
from shared.contracts.report import SubjectKind

PREFIX = "yt"
HOSTS = frozenset({"youtube.com", "youtube-nocookie.com"})
SHORT_HOST = "youtu.be"

_VIDEO = re.compile(r"[A-Za-z0-9_\-]{11}")
_CHANNEL = re.compile(r"UC[A-Za-z0-9_\-]{22}")
_POST = re.compile(r"Ugk[A-Za-z0-9_\-]{10,60}")
_COMMENT = re.compile(r"Ug[A-Za-z0-9_\-]{10,60}(?:\.[A-Za-z0-9_\-]{10,60})?")
_PLAYLIST = re.compile(r"(?:PL|UU|FL|OL|LL|RD|EC)[A-Za-z0-9_\-]{8,80}")
_TABS = frozenset(
    {"about", "channels", "community", "featured", "live", "membership", "playlists", "podcasts",
     "posts", "releases", "shorts", "store", "streams", "videos"}
)  # fmt: skip


def owns(host: str) -> bool:
    plain = host_without(host, "www.")
    return plain == SHORT_HOST or _plain(host) in HOSTS or is_below(host, HOSTS)


def name_url(url: Url, _phones: Phones) -> Name | None:  # noqa: C901, PLR0911 — a table of URL forms
    if host_without(url.host, "www.") == SHORT_HOST:
        return _video(url, url.segments[0]) if len(url.segments) == 1 else None
    if _plain(url.host) not in HOSTS:
        return None
    match url.segments:
        case ("watch",):
            return _video(url, url.get("v"))
        case ("embed", "videoseries") | ("playlist",):
            return _matching("playlist", _PLAYLIST, url.get("list"))
        case ("shorts" | "live" | "embed" | "v" | "e" | "watch", code):
            return _video(url, code)
        case ("post", code) | ("channel", _, "community", code):
            return _matching("post", _POST, code)
        case ("clip", code):
            return _matching("clip", _POST, code)
        case ("channel", _, "community") if url.get("lb"):
            return _matching("post", _POST, url.get("lb"))
        case ("channel", code, *tabs) if _tabs(tabs):
            return stable(f"yt:channel:{code}", ACCOUNT) if _CHANNEL.fullmatch(code) else None
        case ("c" | "user" as kind, name, *tabs) if _tabs(tabs):
            return _named("custom" if kind == "c" else "user", name)
        case (name, *tabs) if name.startswith("@") and _tabs(tabs):
            return name_handle(name) if not url.get("lb") else None
    return None


def name_id(kind: SubjectKind, text: str, _phones: Phones) -> Name | None:
    """A content id is a video, a post, a comment or a playlist; each has a form of its own."""
    if kind is SubjectKind.CONTENT:
        if _VIDEO.fullmatch(text):
            return stable(f"yt:video:{text}", CONTENT)
        return (
            _matching("post", _POST, text)
            or _matching("comment", _COMMENT, text)
            or _matching("playlist", _PLAYLIST, text)
        )
    if kind is SubjectKind.ACCOUNT:
        if _CHANNEL.fullmatch(text):
            return stable(f"yt:channel:{text}", ACCOUNT)
        return name_handle(text) if text.startswith("@") else None
    return None


def name_handle(text: str) -> Name | None:
    return _named("handle", text.removeprefix("@"))


def _plain(host: str) -> str:
    return host_without(host, "www.", "m.", "music.", "gaming.")


def _video(url: Url, code: str) -> Name | None:
    if not _VIDEO.fullmatch(code):
        return None
    if "lc" in url.query:
        return _matching("comment", _COMMENT, url.get("lc"))
    return stable(f"yt:video:{code}", CONTENT)


def _matching(kind: str, form: re.Pattern[str], code: str) -> Name | None:
    return stable(f"yt:{kind}:{code}", CONTENT) if form.fullmatch(code) else None


def _tabs(tabs: list[str]) -> bool:
    return not tabs or (len(tabs) == 1 and tabs[0] in _TABS)


def _named(kind: str, text: str) -> Name | None:
    """Handles may be written in any script; letter case does not tell two of them apart."""
    name = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    if not 1 <= len(name) <= 100 or not all(
        char.isalnum() or char in "_-.·" or _joins(char) for char in name
    ):
        return None
    return handle(f"yt:{kind}:{name}")


def _joins(char: str) -> bool:
    return unicodedata.category(char) in {"Mn", "Mc"}

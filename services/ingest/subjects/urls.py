"""A reported URL taken apart, strictly and without following it."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

LONGEST_URL = 2048

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_BARE_HOST = re.compile(r"(?:[\w\-]+\.)+[A-Za-z]{2,}(?:[/?#:]|$)")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.\-]*[a-z0-9])?")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True)
class Url:
    """`segments` and `query` are percent-decoded. A query name that comes twice with different
    values is left out: which one counts is anybody's guess.
    """

    scheme: str
    host: str
    segments: tuple[str, ...]
    query: dict[str, str]
    text: str

    def get(self, name: str) -> str:
        return self.query.get(name, "")


def split_url(text: str) -> Url | None:
    """None for what is no URL, names a port of its own, or hides its host behind a login."""
    text = text.strip()
    if not text or len(text) > LONGEST_URL or _UNSAFE.search(text):
        return None
    if not _SCHEME.match(text) or _BARE_HOST.match(text):
        text = "https://" + text.removeprefix("//")
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").removesuffix(".").encode("idna").decode()
        port = parts.port
    except (ValueError, UnicodeError):
        return None
    if "@" in parts.netloc or port not in {None, 80, 443} or not _HOST.fullmatch(host):
        return None
    segments = tuple(unquote(part) for part in parts.path.split("/") if part)
    if any(part in {".", ".."} or "/" in part for part in segments):
        segments = ("..",)  # dot segments mean another path than they show: no form matches
    return Url(parts.scheme.lower(), host, segments, _query(parts.query), text)


def _query(text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=64)
    except ValueError:
        return {}
    query = dict(pairs)
    return {
        name: value
        for name, value in query.items()
        if all(v == value for n, v in pairs if n == name)
    }


def host_without(host: str, *prefixes: str) -> str:
    """The host without the first of the prefixes that it has (`www.`, `m.`)."""
    for prefix in prefixes:
        if host.startswith(prefix):
            return host[len(prefix) :]
    return host

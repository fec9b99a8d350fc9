"""A reported URL taken apart, strictly and without following it."""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

LONGEST_URL = 2048

_PARTS = re.compile(
    r"(?:(?:([A-Za-z][A-Za-z0-9+.\-]*):)?//)?([^/?#:@]+)(?::([0-9]{0,5}))?(/[^?#]*)?(?:\?([^#]*))?(?:#.*)?"
)
# As most are written: what is in it stands for itself.
_PLAIN = re.compile(r"(https?)://([a-z0-9](?:[a-z0-9.\-]*[a-z0-9])?)(/[A-Za-z0-9_\-/]*)")
_BARE_HOST = re.compile(r"(?:[\w\-]+\.)+[^\W\d_]{2,}\.?")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9._\-]*[a-z0-9])?")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")


class Url(NamedTuple):
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
    plain = _PLAIN.fullmatch(text) if len(text) <= LONGEST_URL else None
    if plain is not None:
        scheme, host, path = plain.groups()
        return Url(scheme, host, tuple([part for part in path.split("/") if part]), {}, text)
    text = text.strip()
    if not text or len(text) > LONGEST_URL or _UNSAFE.search(text):
        return None
    found = _PARTS.fullmatch(text)
    if found is None:
        return None
    scheme, host, port, path, query = found.groups()
    if scheme is None and not _BARE_HOST.fullmatch(host):
        return None
    host = _ascii_host(host)
    if port not in {None, "", "80", "443"} or not _HOST.fullmatch(host):
        return None
    segments = _segments(path) if path else ()
    return Url((scheme or "https").lower(), host, segments, _query(query) if query else {}, text)


def _segments(path: str) -> tuple[str, ...]:
    parts = [part for part in path.split("/") if part]
    if "%" in path:
        parts = [unquote(part) for part in parts]
    if "." in parts or ".." in parts or ("%" in path and any("/" in part for part in parts)):
        return ("..",)  # dot segments mean another path than they show: no form matches
    return tuple(parts)


def _ascii_host(host: str) -> str:
    """In lower case and punycode; empty where it can be no host."""
    host = host.lower().removesuffix(".")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return ""


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


def is_below(host: str, domains: frozenset[str]) -> bool:
    """Whether the host is a name under one of the domains (`help.example.org`)."""
    return any(host.endswith(f".{domain}") for domain in domains)

"""Where webhooks may go: public addresses only, and the address that was checked is the one used.

A name is resolved once. All of its answers must be public, and the connection goes to one of
them, so that a second answer cannot lead elsewhere.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.errors import Permanent, Transient

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

HTTPS_PORTS = frozenset({443, 8443})
RESOLVE_SECONDS = 5.0
MOST_CHARACTERS = 2048

# Everything that is not the public Internet, besides what the forms below carry inside.
_PRIVATE_4 = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
# Global unicast is all that is public in IPv6, without the blocks that name or embed others.
_PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
_PRIVATE_6 = tuple(
    ipaddress.IPv6Network(block)
    for block in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
_LOCAL_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa", "test")
_NAME = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}")


class Forbidden(Permanent):
    """No webhook goes there. The text says why and may be shown to the platform."""


class Unresolved(Transient):
    """The name has no address now."""


@dataclass(frozen=True)
class Target:
    """A URL taken apart: nothing of it is interpreted again later."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port in (80, 443) else f"{host}:{self.port}"


class Guard:
    """`allow_loopback` is for development: http and any port, on loopback addresses alone."""

    def __init__(self, *, allow_loopback: bool, resolve: Resolve | None = None) -> None:
        self._loopback = allow_loopback
        self._resolve = resolve or _resolve

    def target(self, url: str) -> Target:
        """The URL, if a webhook could go there. Raises Forbidden; asks no name server."""
        if len(url) > MOST_CHARACTERS or not url.isascii() or not url.isprintable() or " " in url:
            raise Forbidden("the URL holds characters that do not belong there")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise Forbidden("the URL cannot be read") from None
        host = (parts.hostname or "").lower()
        if parts.scheme not in ("https", "http") or "\\" in url:
            raise Forbidden("the URL does not begin with https://")
        if not host or "@" in parts.netloc or parts.fragment:
            raise Forbidden("the URL has a user, a fragment or no host")
        port = port if port is not None else (443 if parts.scheme == "https" else 80)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        target = Target(parts.scheme, host, port, path)
        if self._loopback and (host == "localhost" or _is_loopback(host)):
            return target
        if parts.scheme != "https":
            raise Forbidden("the URL does not begin with https://")
        if port not in HTTPS_PORTS:
            raise Forbidden("the port is not 443 or 8443")
        _check_host(host)
        return target

    async def address(self, target: Target) -> str:
        """The one address to connect to. Raises Forbidden, or Unresolved for a name without any."""
        literal = _literal(target.host)
        answers = [target.host] if literal else await self._answers(target)
        for answer in answers:
            self._check(answer)
        return answers[0]

    async def _answers(self, target: Target) -> list[str]:
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                answers = list(await self._resolve(target.host, target.port))
        except (OSError, TimeoutError, UnicodeError):
            answers = []
        if not answers:
            raise Unresolved("the name has no address")
        return answers

    def _check(self, answer: str) -> None:
        address = _literal(answer)
        if address is None:
            raise Forbidden("the name does not lead to an address")
        if not is_public(address) and not (self._loopback and address.is_loopback):
            raise Forbidden("the name leads to an address that is not public")


def is_public(address: Address) -> bool:
    """Whether the address is of the public Internet. Forms of IPv6 that carry an IPv4 address
    inside are not, whatever they carry.
    """
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in block for block in _PRIVATE_4)
    if address.scope_id is not None or address not in _PUBLIC_6:
        return False
    return not any(address in block for block in _PRIVATE_6)


def _check_host(host: str) -> None:
    literal = _literal(host)
    if literal is not None:
        if not is_public(literal):
            raise Forbidden("the address is not public")
        return
    # The last label begins with a letter: numbers in any spelling are no names.
    if not _NAME.fullmatch(host):
        raise Forbidden("the host is neither a name nor an address")
    if host.rpartition(".")[2] in _LOCAL_NAMES:
        raise Forbidden("the name is not of the public Internet")


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    literal = _literal(host)
    return literal is not None and literal.is_loopback


async def _resolve(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]

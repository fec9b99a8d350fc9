"""How often somebody may try to log in. Pure.

What is counted is the guesser, not the one who is guessed at: whoever knows an e-mail could keep
its owner out otherwise. So a person from where they have logged in before is held to their own
mistakes there and to nothing that others do.
"""

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

WINDOW_MINUTES = 15.0
# Of one person from one network, of all from one network, of one person from all others.
MOST_BY_PAIR = 10
MOST_BY_NETWORK = 60
MOST_BY_EMAIL = 100


@dataclass(frozen=True)
class Attempt:
    """The names under which an attempt is counted; none tells the e-mail."""

    pair: str
    network: str
    email: str

    @property
    def names(self) -> tuple[str, ...]:
        return (self.pair, self.network, self.email)

    def limits(self, *, known: bool) -> Mapping[str, int]:
        """How many may fail under each name. `known`: this person has logged in from there."""
        if known:
            return {self.pair: MOST_BY_PAIR}
        return {
            self.pair: MOST_BY_PAIR,
            self.network: MOST_BY_NETWORK,
            self.email: MOST_BY_EMAIL,
        }


def attempt(email: str, address: str) -> Attempt:
    """Of whoever asks from this address."""
    network = network_of(address)
    return Attempt(
        pair=f"pair:{_sha256(f'{email.lower()} {network}')}",
        network=f"network:{network}",
        email=f"email:{_sha256(email.lower())}",
    )


def network_of(address: str) -> str:
    """What one household or office has: an IPv4 address, 64 bits of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

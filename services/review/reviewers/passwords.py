"""Passwords: argon2id, made and checked away from the event loop, two at a time."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# Each costs 64 MiB and about 50 ms of a core: more at once would let a burst of log-ins starve all.
_AT_ONCE = 2
_hasher = PasswordHasher()
# For addresses that nobody has: they cost as much time as the real ones.
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$uCn4u/J8Y7HF6T3WeZyW9Q"
    "$B5JKJBBL49jhzDwuFAawfxzXEUr+XdnLJJAqBau4lUc"
)


class Passwords:
    """One for a process."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Whether the password belongs to the hash; None costs the same and is never true."""
        async with self._turns:
            verified = await asyncio.to_thread(_verified, password, password_hash or _NOBODY)
        return verified and password_hash is not None


def hashed(password: str) -> str:
    """Hash with a salt of its own. Blocks for about 50 ms."""
    return _hasher.hash(password)


def _verified(password: str, password_hash: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False

"""Keys of platforms, from reference data alone."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.ingest.errors import Refused
from services.ingest.problems import Problem
from services.ingest.rules import Sender
from shared.contracts.identifiers import Environment
from shared.contracts.reference import ApiKey, PlatformRecord, Scope

LONGEST_KEY = 256
_PREFIXES = {Environment.LIVE: "mz_live_", Environment.TEST: "mz_test_"}


@dataclass(frozen=True)
class Grant:
    """What a valid key gives."""

    key: ApiKey
    platform: PlatformRecord
    sender: Sender


class Keys:
    """All keys that are not revoked, found by the hash of the key as it was sent."""

    def __init__(self, platforms: Iterable[PlatformRecord]) -> None:
        self._grants: dict[str, Grant] = {}
        for platform in platforms:
            organisations = {str(one.organisation_id): one for one in platform.organisations}
            for key in platform.keys:
                if key.revoked_at is None:
                    sender = Sender(platform.platform_id, key.environment, organisations)
                    self._grants[key.secret_sha256] = Grant(key, platform, sender)

    def grant(self, authorization: Sequence[str], scope: Scope) -> Grant:
        """Raises Refused: 401 for no valid key, 403 for one that may not do this.

        Equal hashes are found by a table of hashes and compared in constant time: nothing about
        how near a guess was shows in the time.
        """
        token = bearer_token(authorization)
        digest = hashlib.sha256(token.encode()).hexdigest()
        found = self._grants.get(digest)
        if found is None or not hmac.compare_digest(found.key.secret_sha256, digest):
            raise Refused(Problem.BAD_KEY)
        if not token.startswith(_PREFIXES[found.key.environment]):
            raise Refused(Problem.BAD_KEY)
        if not found.platform.active:
            raise Refused(Problem.NOT_ALLOWED, "The platform is not active.")
        if scope not in found.key.scopes:
            raise Refused(Problem.NOT_ALLOWED, f"The key lacks the scope `{scope}`.")
        return found


def bearer_token(authorization: Sequence[str]) -> str:
    """Raises Refused where there is not exactly one header of the scheme Bearer."""
    if not authorization:
        raise Refused(Problem.NO_KEY)
    scheme, _, token = authorization[0].strip().partition(" ")
    token = token.strip()
    if len(authorization) > 1 or scheme.lower() != "bearer" or not token:
        raise Refused(Problem.NO_KEY, "One header Authorization, of the scheme Bearer.")
    if len(token) > LONGEST_KEY or not token.isascii():
        raise Refused(Problem.BAD_KEY)
    return token

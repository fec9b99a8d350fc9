"""Which platform asks: the same keys as at the report edge, looked up anew for every request."""

import hashlib
import math
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from sqlalchemy import text
from starlette.requests import Request

from services.review.errors import Forbidden, TooMany, Unauthenticated
from services.review.http_shell import ALLOWANCE
from services.review.parts import HasParts, Parts
from services.review.route_access import AccessRule
from shared.contracts.identifiers import Environment, PlatformId
from shared.contracts.reference import Scope
from shared.rate_limits import Rate


@dataclass(frozen=True)
class Tenant:
    """A platform in one of its two environments, by one of its keys."""

    platform: PlatformId
    environment: Environment
    key_id: str

    @property
    def list_owner(self) -> str:
        """Names whose list a cursor belongs to."""
        return f"{self.platform}/{self.environment}"


@dataclass(frozen=True)
class TenantWith(AccessRule):
    """Dependency that gives the tenant, or refuses: 401 without a living key, 403 without scope."""

    scope: Scope

    async def __call__(self, request: Request, parts: HasParts) -> Tenant:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.startswith("mz_") or len(key) > 200:
            raise Unauthenticated("bad_key", "Send a key as Authorization: Bearer.")
        digest = hashlib.sha256(key.encode()).hexdigest()
        async with parts.database.as_worker() as session:
            row = (await session.execute(_FIND_KEY, {"digest": digest})).first()
        if row is None:
            raise Unauthenticated("bad_key", "There is no such key, or it was revoked.")
        if self.scope not in row.scopes:
            raise Forbidden("scope_missing", f"The key lacks the scope {self.scope}.")
        _charge(request, parts, row.key_id, self.scope)
        return Tenant(PlatformId(row.platform_id), Environment(row.environment), row.key_id)


def _charge(request: Request, parts: Parts, key_id: str, scope: Scope) -> None:
    """Raises TooMany. The answer tells what is left, whatever becomes of it: see `Shell`."""
    changes = scope is Scope.WEBHOOKS and request.method != "GET"
    settings = parts.settings
    per_second = (
        settings.webhook_calls_per_second if changes else settings.platform_calls_per_second
    )
    rate = Rate("webhooks" if changes else "status", per_second, math.ceil(per_second * 10))
    allowance = parts.limits.take(key_id, rate)
    request.scope[ALLOWANCE] = allowance
    if allowance.retry_after:
        raise TooMany(
            "rate_limited",
            "This key has called too often.",
            facts={"retry_after": allowance.retry_after},
        )


ReportsTenant = Annotated[Tenant, Depends(TenantWith(Scope.REPORTS))]
AppealsTenant = Annotated[Tenant, Depends(TenantWith(Scope.APPEALS))]
DecisionsTenant = Annotated[Tenant, Depends(TenantWith(Scope.DECISIONS))]
WebhooksTenant = Annotated[Tenant, Depends(TenantWith(Scope.WEBHOOKS))]

_FIND_KEY = text(
    "select k.platform_id, k.environment, k.key_id, k.scopes from api_keys k"
    " join platforms p using (platform_id)"
    " where k.secret_sha256 = :digest and k.revoked_at is null and p.active"
)

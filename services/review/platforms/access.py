"""Which platform asks: the same keys as at the report edge, looked up anew for every request."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from sqlalchemy import text
from starlette.requests import Request

from services.review.errors import Forbidden, Unauthenticated
from services.review.parts import HasParts
from shared.contracts.identifiers import Environment, PlatformId
from shared.contracts.reference import Scope


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


def tenant_with(scope: Scope) -> Callable[..., Awaitable[Tenant]]:
    """Dependency that gives the tenant, or refuses: 401 without a living key, 403 without scope."""

    async def dependency(request: Request, parts: HasParts) -> Tenant:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.startswith("mz_") or len(key) > 200:
            raise Unauthenticated("bad_key", "Send a key as Authorization: Bearer.")
        digest = hashlib.sha256(key.encode()).hexdigest()
        async with parts.database.as_worker() as session:
            row = (await session.execute(_FIND_KEY, {"digest": digest})).first()
        if row is None:
            raise Unauthenticated("bad_key", "There is no such key, or it was revoked.")
        if scope not in row.scopes:
            raise Forbidden("scope_missing", f"The key lacks the scope {scope}.")
        return Tenant(PlatformId(row.platform_id), Environment(row.environment), row.key_id)

    return dependency


ReportsTenant = Annotated[Tenant, Depends(tenant_with(Scope.REPORTS))]
AppealsTenant = Annotated[Tenant, Depends(tenant_with(Scope.APPEALS))]
DecisionsTenant = Annotated[Tenant, Depends(tenant_with(Scope.DECISIONS))]
WebhooksTenant = Annotated[Tenant, Depends(tenant_with(Scope.WEBHOOKS))]

_FIND_KEY = text(
    "select k.platform_id, k.environment, k.key_id, k.scopes from api_keys k"
    " join platforms p using (platform_id)"
    " where k.secret_sha256 = :digest and k.revoked_at is null and p.active"
)

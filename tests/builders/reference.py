"""Reference data: platforms with their keys, and policies."""

import hashlib
from collections.abc import Iterable

from shared.contracts.identifiers import Environment, OrganisationId, PlatformId, PolicyId
from shared.contracts.reference import (
    ApiKey,
    Organisation,
    PlatformRecord,
    PolicyRecord,
    Scope,
)
from shared.contracts.report import ReporterKind


def api_key(secret: str, *, scopes: frozenset[Scope] = frozenset(Scope)) -> ApiKey:
    """As reference data has it: the hash alone."""
    test = secret.startswith("mz_test_")
    return ApiKey(
        key_id=f"id-{secret}",
        environment=Environment.TEST if test else Environment.LIVE,
        secret_sha256=hashlib.sha256(secret.encode()).hexdigest(),
        scopes=scopes,
    )


def platform_record(
    name: str, *, keys: Iterable[ApiKey], revision: int = 1, reports_per_second: float = 200.0
) -> PlatformRecord:
    """A platform with one registered authority, `police`."""
    return PlatformRecord(
        platform_id=PlatformId(name),
        revision=revision,
        name=name,
        keys=tuple(keys),
        organisations=(
            Organisation(
                organisation_id=OrganisationId("police"),
                name="Police",
                kind=ReporterKind.AUTHORITY,
            ),
        ),
        reports_per_second=reports_per_second,
    )


def policy_record(name: str) -> PolicyRecord:
    return PolicyRecord(
        policy_id=PolicyId(name),
        revision=1,
        title=name,
        text=name,
        severity=1.0,
        queue_id="general",
        actions={},
    )

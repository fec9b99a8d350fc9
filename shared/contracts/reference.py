"""Reference data on compacted topics: the newest revision of a record is the whole truth.

A revocation is a record of its own, never a tombstone.
"""

from enum import StrEnum
from typing import Literal

from shared.contracts.decision import ActionKind
from shared.contracts.identifiers import Environment, OrganisationId, PlatformId, PolicyId
from shared.contracts.message import Instant, Message, Value
from shared.contracts.report import ReporterKind, SubjectKind


class Scope(StrEnum):
    REPORTS = "reports"
    APPEALS = "appeals"
    DECISIONS = "decisions"
    WEBHOOKS = "webhooks"


class ApiKey(Value):
    """`secret_sha256` is the hex digest of the whole key as sent; the key is kept nowhere."""

    key_id: str
    environment: Environment
    secret_sha256: str
    scopes: frozenset[Scope]
    revoked_at: Instant | None = None


class Organisation(Value):
    """A trusted flagger or an authority that a platform has registered."""

    organisation_id: OrganisationId
    name: str
    kind: ReporterKind


class PlatformRecord(Message):
    schema_version: Literal[1] = 1
    platform_id: PlatformId
    revision: int
    name: str
    active: bool = True
    keys: tuple[ApiKey, ...] = ()
    organisations: tuple[Organisation, ...] = ()
    reports_per_second: float = 200.0
    appeals_per_second: float = 20.0


class PolicyRecord(Message):
    """A version of a policy. `severity` is harm per view in units of the mildest policy (1.0).

    A standing decision under it holds `standing_days`; `reopen_reporters` new independent
    reporters open the case anew.
    """

    schema_version: Literal[1] = 1
    policy_id: PolicyId
    revision: int
    title: str
    text: str
    severity: float
    queue_id: str
    actions: dict[SubjectKind, tuple[ActionKind, ...]]
    standing_days: int = 30
    reopen_reporters: int = 10
    appeal_days: int = 180
    active: bool = True


class WatchListEntry(Value):
    entry_id: str
    names: tuple[str, ...]


class WatchListRecord(Message):
    schema_version: Literal[1] = 1
    list_id: str
    revision: int
    title: str
    entries: tuple[WatchListEntry, ...] = ()
    active: bool = True

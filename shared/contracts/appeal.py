"""An appeal as it leaves the edge."""

from enum import StrEnum
from typing import Literal

from shared.contracts.identifiers import (
    AppealId,
    DecisionId,
    Environment,
    ExternalId,
    PlatformId,
    ReportId,
)
from shared.contracts.message import Instant, Message, Value


class AppellantKind(StrEnum):
    OWNER = "owner"
    REPORTER = "reporter"


class Appellant(Value):
    kind: AppellantKind
    id: str | None = None
    language: str | None = None


class Appeal(Message):
    schema_version: Literal[1] = 1
    appeal_id: AppealId
    platform: PlatformId
    environment: Environment
    external_id: ExternalId
    decision_id: DecisionId
    report_id: ReportId | None = None
    appellant: Appellant
    text: str
    submitted_at: Instant

"""The names of things. All are opaque strings to whoever receives them."""

import hashlib
import struct
from enum import StrEnum
from typing import NewType

PlatformId = NewType("PlatformId", str)
ReportId = NewType("ReportId", str)
ExternalId = NewType("ExternalId", str)
SubjectId = NewType("SubjectId", str)
CaseId = NewType("CaseId", str)
DecisionId = NewType("DecisionId", str)
AppealId = NewType("AppealId", str)
PolicyId = NewType("PolicyId", str)
EventId = NewType("EventId", str)
OrganisationId = NewType("OrganisationId", str)


class Environment(StrEnum):
    """Live traffic reaches reviewers; test traffic (`mz_test_` keys) never does."""

    LIVE = "live"
    TEST = "test"


_length = struct.Struct(">I").pack


def derived_id(prefix: str, *parts: str) -> str:
    """Name made from its parts alone, so that the same input always gives the same id.

    Each part is preceded by its length in bytes: ("ab", "c") and ("a", "bc") differ.
    """
    data = b""
    for part in parts:
        name = part.encode()
        data += _length(len(name)) + name
    return f"{prefix}_{hashlib.sha256(data).hexdigest()[:32]}"


def report_id(platform: PlatformId, environment: Environment, external_id: ExternalId) -> ReportId:
    """Identity of a report: a client that sends the same id again means the same report."""
    return ReportId(derived_id("rep", platform, environment, external_id))


def appeal_id(platform: PlatformId, environment: Environment, external_id: ExternalId) -> AppealId:
    """Identity of an appeal, derived as that of a report."""
    return AppealId(derived_id("app", platform, environment, external_id))

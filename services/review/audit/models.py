"""An act that the audit trail keeps."""

from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import JsonValue

from shared.contracts.identifiers import CaseId, Environment, PlatformId


class ActorKind(StrEnum):
    REVIEWER = "reviewer"
    PLATFORM = "platform"
    SYSTEM = "system"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Actor:
    """Who did it: an id, never a name. A duty's id is its name."""

    kind: ActorKind
    id: str
    roles: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True)
class Act:
    """`before` and `after` hold pseudonymous facts (states, ids, codes), public in the log.

    `private` is what a person could be known by or hurt with (texts, notes, exact reasons, scores):
    only a salted commitment to it enters the log. `case_version` ties the act to the row of
    `case_events` that it belongs to, None for views and acts that change no case.
    """

    action: str
    actor: Actor
    case_id: CaseId | None = None
    case_version: int | None = None
    platform: PlatformId | None = None
    environment: Environment | None = None
    before: dict[str, JsonValue] = field(default_factory=dict)
    after: dict[str, JsonValue] = field(default_factory=dict)
    reason_code: str | None = None
    private: dict[str, JsonValue] = field(default_factory=dict)

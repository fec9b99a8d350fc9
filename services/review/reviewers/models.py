"""Reviewers, their sessions, and the one who is asking."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Field, SQLModel

from services.review.audit.models import Actor, ActorKind
from services.review.reviewers.rules import Right, Role, granted, may
from shared.contracts.identifiers import PlatformId


class Reviewer(SQLModel):
    """`platforms`, `queues` and `languages` are grants; '*' stands for all."""

    reviewer_id: str
    email: str
    name: str
    password_hash: str = Field(repr=False)
    roles: list[str]
    platforms: list[str]
    queues: list[str]
    languages: list[str]
    clearance: int = 1
    locale: str = "en"
    active: bool = True


@dataclass(frozen=True)
class Viewer:
    """The reviewer who asks, as far as the session says. `platforms` are named one by one."""

    reviewer_id: str
    email: str
    name: str
    roles: tuple[Role, ...]
    platforms: tuple[PlatformId, ...]
    queues: tuple[str, ...]
    languages: tuple[str, ...]
    clearance: int
    locale: str
    csrf_token: str
    session_sha256: str

    @property
    def actor(self) -> Actor:
        """As the audit trail names them."""
        return Actor(ActorKind.REVIEWER, self.reviewer_id, tuple(self.roles))

    def may(self, right: Right) -> bool:
        return may(self.roles, right)

    def in_queue(self, queue_id: str) -> bool:
        """Whether the queue is granted; escalated cases and appeals need a right besides."""
        if queue_id == ESCALATIONS and not self.may(Right.TAKE_ESCALATED):
            return False
        if queue_id == APPEALS and not self.may(Right.DECIDE_APPEALS):
            return False
        return granted(self.queues, queue_id)


ESCALATIONS = "escalations"
APPEALS = "appeals"


@dataclass(frozen=True)
class NewSession:
    """What a log-in gives; `token` is shown this once."""

    token: str
    csrf_token: str
    expires_at: datetime
    viewer: Viewer

"""Policies and queues as rows."""

from pydantic import JsonValue
from sqlmodel import SQLModel


class Queue(SQLModel):
    queue_id: str
    title: str
    kind: str
    minutes_per_case: float
    position: int


class Policy(SQLModel):
    """One revision of a policy; the greatest is in force. `actions` maps a subject kind to the
    actions that are open for it.
    """

    policy_id: str
    revision: int
    title: str
    text: str
    severity: float
    queue_id: str
    actions: dict[str, list[str]]
    standing_days: int
    reopen_reporters: int
    appeal_days: int
    active: bool

    def as_json(self) -> dict[str, JsonValue]:
        """As the desk and the command line show it."""
        return {
            "policy_id": self.policy_id,
            "version": self.revision,
            "title": self.title,
            "text": self.text,
            "severity": self.severity,
            "queue_id": self.queue_id,
            "actions": {kind: list(actions) for kind, actions in self.actions.items()},
            "standing_days": self.standing_days,
            "reopen_reporters": self.reopen_reporters,
            "appeal_days": self.appeal_days,
            "active": self.active,
        }

"""Errors of the scoring worker. As everywhere, one question: can a retry help?

MizanError
└── Permanent
    ├── Undecodable (shared)   the record is no message of its contract: dead letter
    ├── TooLarge               what came of the record fits on no topic: dead letter
    ├── PositionOutsideLog     the committed position and the log do not belong together: stop
    └── TopicMismatch (shared) another number of partitions than the registry's: stop
"""

from enum import StrEnum

from shared.errors import Permanent


class Cause(StrEnum):
    """Why a record became a dead letter."""

    UNDECODABLE = "undecodable"
    TOO_LARGE = "too_large"


class TooLarge(Permanent):
    """What would be sent is larger than Kafka takes."""


class PositionOutsideLog(Permanent):
    """The log ends before the position that was committed: it was cut or made anew."""


class BadInput(Permanent):
    """A line or a file that the command line was given cannot be read."""

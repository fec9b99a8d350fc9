"""Two subjects that a match shard found to be alike."""

from enum import StrEnum
from typing import Literal

from shared.contracts.identifiers import Environment, PlatformId, SubjectId
from shared.contracts.message import Instant, Message, Probability


class MatchMethod(StrEnum):
    EXACT = "exact"


class Match(Message):
    """An edge between subjects; platforms may differ. Keyed by the younger subject.

    `match_id` derives from the pair and the method: the same match again is the same record.
    """

    schema_version: Literal[1] = 1
    match_id: str
    environment: Environment
    method: MatchMethod
    similarity: Probability
    younger: SubjectId
    younger_platform: PlatformId
    elder: SubjectId
    elder_platform: PlatformId
    found_at: Instant

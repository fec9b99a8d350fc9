"""What the match shards need to know of a report's content: no text, only keys."""

from typing import Literal

from shared.contracts.identifiers import Environment, PlatformId, ReportId, SubjectId
from shared.contracts.message import Message, Value


class Fingerprints(Value):
    """`exact` is the hash of the normalised text, absent where there is too little of it.
    `method` names and versions the normaliser and the hash: keys of two methods never meet.
    """

    method: str
    exact: str | None = None
    letters: int = 0


class Fingerprint(Message):
    """Keyed on the topic by `fingerprints.exact`, so that one shard sees all that are equal."""

    schema_version: Literal[1] = 1
    report_id: ReportId
    platform: PlatformId
    environment: Environment
    subject_id: SubjectId
    fingerprints: Fingerprints

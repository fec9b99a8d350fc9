"""A report with what the scoring worker found."""

from typing import Literal

from pydantic import Field

from shared.contracts.fingerprint import Fingerprints
from shared.contracts.message import Instant, Message, Probability, Value
from shared.contracts.report import Report


class Span(Value):
    """Part of the content's text by code point, `end` exclusive."""

    start: int
    end: int
    label: str
    score: Probability


class WatchListHit(Value):
    list_id: str
    entry_id: str
    name: str
    start: int
    end: int
    certainty: Literal["exact", "possible"] = "exact"


class Model(Value):
    name: str
    version: str


class Scores(Value):
    """`violation`: chance that a reviewer would find one under the reported policy.
    `unscored` says why there is none; then `violation` is the prior of the model.
    """

    violation: Probability
    labels: dict[str, Probability]
    language: str
    script: str
    spans: tuple[Span, ...] = ()
    watch_list: tuple[WatchListHit, ...] = ()
    model: Model
    unscored: str | None = None


class Coordinates(Value):
    """Where a record stands in the log; `timestamp` is the broker's."""

    topic: str
    partition: int
    offset: int
    timestamp: Instant


class ScoredReport(Message):
    """`source` is the record on `reports`; its timestamp is the age of the report everywhere.
    `reference` holds the revision of each reference record that was used.
    """

    schema_version: Literal[1] = 1
    report: Report
    scores: Scores
    fingerprints: Fingerprints
    source: Coordinates
    reference: dict[str, int] = Field(default_factory=dict)

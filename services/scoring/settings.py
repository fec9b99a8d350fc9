"""Settings of both roles of the scoring worker."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from shared.settings import ServiceSettings


class ClassifierKind(StrEnum):
    LINEAR = "linear"  # ships with the package


class LanguageKind(StrEnum):
    LETTERS = "letters"  # by the letters and the commonest words of each language


class WatchListKind(StrEnum):
    TOPIC = "topic"  # as the topic of that name has them
    NONE = "none"


class FingerprintKind(StrEnum):
    LETTERS_1 = "letters-1"  # the hash of all letters and digits


class Settings(ServiceSettings):
    """Read from `MIZAN_<FIELD>`."""

    score_admin_port: int = Field(
        8411, ge=1, le=65535, description="Admin port of role `score`: health and metrics."
    )
    match_admin_port: int = Field(
        8412, ge=1, le=65535, description="Admin port of role `match`: health and metrics."
    )
    classifier: ClassifierKind = Field(
        ClassifierKind.LINEAR, description="Which model judges texts."
    )
    model_path: str | None = Field(
        None, description="Weights of the linear model, in place of those that ship."
    )
    language: LanguageKind = Field(
        LanguageKind.LETTERS, description="How the language of a text is told."
    )
    watch_lists: WatchListKind = Field(
        WatchListKind.TOPIC, description="Where the names to look for come from: topic or none."
    )
    fingerprints: FingerprintKind = Field(
        FingerprintKind.LETTERS_1,
        description="How equal contents are told; all score processes need the same.",
    )
    score_batch: int = Field(
        1000, ge=1, le=2000, description="Most reports that are scored and sent together."
    )
    score_wait_seconds: float = Field(
        0.05, gt=0, le=5, description="Longest wait for a batch of reports to fill."
    )
    match_batch: int = Field(
        1000, ge=1, le=10_000, description="Most fingerprints that are compared and sent together."
    )
    match_shard: int = Field(
        0, ge=0, description="Which shard this match worker is, counted from 0."
    )
    match_shards: int = Field(
        1, ge=1, description="How many match shards there are; partition p belongs to p modulo it."
    )

    @model_validator(mode="after")
    def _shard_exists(self) -> Self:
        if self.match_shard >= self.match_shards:
            raise ValueError("MIZAN_MATCH_SHARD must be below MIZAN_MATCH_SHARDS")
        return self

"""What the worker asks of a model, whatever the model is."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from shared.contracts.scored_report import Model, Span


class Label(StrEnum):
    TOXIC = "toxic"  # any abusive or hateful text
    HATE = "hate"  # attacks a protected group
    ABUSE = "abuse"
    THREAT = "threat"
    PROFANE = "profane"
    SPAM = "spam"
    EXTREMISM = "extremism"  # supports an armed or extremist group


@dataclass(frozen=True)
class Judgement:
    """Probability of each label, 0 to 1, and the parts of the text that speak for them."""

    labels: dict[Label, float]
    spans: tuple[Span, ...] = ()


class Classifier(Protocol):
    """Judges batches. Blocks, holds no state between calls, and is called off the event loop."""

    @property
    def model(self) -> Model:
        """Name and version: for one report and one version the first judgement stands."""

    @property
    def languages(self) -> frozenset[str]:
        """Tags of the languages that it was taught. Of others it may know nothing, and then its
        silence says nothing for a text.
        """

    @property
    def prior(self) -> Judgement:
        """What is known of a text before it is read; used when judging fails."""

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """One judgement for each text, in order. Empty texts get the prior."""

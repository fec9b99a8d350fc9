"""From texts to scores: language, watch-list, model, fingerprints, each behind its own interface.

Knows nothing of Kafka or Faust; the worker and the command line both call it. Everything here
blocks on the processor and belongs in a thread.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from services.scoring import metrics
from services.scoring.classifiers.interface import Classifier, Judgement
from services.scoring.duplicates.fingerprints import text_fingerprints
from services.scoring.interfaces import DetectLanguage, FindNames, MakeFingerprints
from services.scoring.rules import UNKNOWN_VIOLATION, is_sound, violation
from services.scoring.text.language import Language, language_of
from services.scoring.text.normalise import normalised
from shared.contracts.fingerprint import Fingerprints
from shared.contracts.identifiers import PolicyId
from shared.contracts.scored_report import Scores
from shared.observability.logging import logger

log = logger(__name__)

MODEL_FAILED = "model_failed"
NO_TEXT = "no_text"
AT_ONCE = 200  # texts, whose grams are all in memory


@dataclass(frozen=True)
class Item:
    """A text and the policy it was reported under, if any."""

    text: str
    policy_id: PolicyId | None = None


@dataclass(frozen=True)
class Scored:
    """What was found for one item."""

    scores: Scores
    fingerprints: Fingerprints


class Scorer:
    """Scores batches. A model that fails on a text never stops it: the text gets the prior."""

    def __init__(
        self,
        classifier: Classifier,
        *,
        language: DetectLanguage = language_of,
        fingerprints: MakeFingerprints = text_fingerprints,
    ) -> None:
        self._classifier = classifier
        self._language = language
        self._fingerprints = fingerprints

    def score(self, items: Sequence[Item], names: FindNames) -> list[Scored]:
        """One result for each item, in order. Raises nothing for what a text holds."""
        return [
            scored
            for start in range(0, len(items), AT_ONCE)
            for scored in self._scored(items[start : start + AT_ONCE], names)
        ]

    def _scored(self, items: Sequence[Item], names: FindNames) -> list[Scored]:
        judgements = self._judged([item.text for item in items])
        return [
            Scored(self._scores(item, judgement, names), self._fingerprints(item.text))
            for item, judgement in zip(items, judgements, strict=True)
        ]

    def _scores(self, item: Item, judgement: Judgement | None, names: FindNames) -> Scores:
        language = self._language(item.text) if item.text else Language("und", "Zyyy")
        judged = judgement or self._classifier.prior
        unscored = NO_TEXT if not item.text else None if judgement else MODEL_FAILED
        taught = language.tag in self._classifier.languages
        chance = (
            UNKNOWN_VIOLATION
            if unscored
            else violation(judged.labels, item.policy_id, language_taught=taught)
        )
        return Scores(
            violation=chance,
            labels={str(label): chance for label, chance in judged.labels.items()},
            language=language.tag,
            script=language.script,
            spans=judged.spans,
            watch_list=names.hits(normalised(item.text)),
            model=self._classifier.model,
            unscored=unscored,
        )

    def _judged(self, texts: list[str]) -> list[Judgement | None]:
        """None where the model failed, or gave what no probability or place in the text can be. A
        batch that fails is judged again text by text.
        """
        promised = self._classifier.prior.labels.keys()
        began = time.perf_counter()
        try:
            pairs = zip(texts, self._classifier.judge(texts), strict=True)
            sound = [one if is_sound(one, promised, len(text)) else None for text, one in pairs]
        except Exception as error:  # noqa: BLE001 — any model may stand behind the interface
            log.error("model_failed", cause=type(error).__name__, texts=len(texts))
            if len(texts) == 1:
                return [None]
            return [judgement for text in texts for judgement in self._judged([text])]
        metrics.MODEL_SECONDS.observe(time.perf_counter() - began)
        if None in sound:
            log.error("judgements_unsound", texts=sound.count(None))
        return sound

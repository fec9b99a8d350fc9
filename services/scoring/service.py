"""From texts to scores: language, watch-list, model, fingerprints, each behind its own interface.

Knows nothing of Kafka or Faust; the worker and the command line both call it. Everything here
blocks on the processor and belongs in a thread.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.scoring import metrics
from services.scoring.classifiers.interface import Classifier, Judgement
from services.scoring.duplicates.fingerprints import text_fingerprints
from services.scoring.interfaces import DetectLanguage, FindNames, MakeFingerprints
from services.scoring.rules import UNKNOWN_VIOLATION, is_sound, violation
from services.scoring.text.language import Language, language_of
from services.scoring.text.normalise import normalised
from shared.contracts.fingerprint import Fingerprints
from shared.contracts.identifiers import PolicyId
from shared.contracts.scored_report import Scores, WatchListHit
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


class Finding(NamedTuple):
    """What a text says, whatever it was reported for."""

    judgement: Judgement
    unscored: str | None
    language: Language
    watch_list: tuple[WatchListHit, ...]
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
        """One result for each item, in order. Raises nothing for what a text holds.

        A text is read once, however many items bring it: a post that spreads is reported often.
        """
        texts = list(dict.fromkeys(item.text for item in items))
        found: dict[str, Finding] = {}
        for start in range(0, len(texts), AT_ONCE):
            some = texts[start : start + AT_ONCE]
            judgements = self._judged(some)
            for text, judgement in zip(some, judgements, strict=True):
                found[text] = self._finding(text, judgement, names)
        return [self._scored(found[item.text], item.policy_id) for item in items]

    def _finding(self, text: str, judgement: Judgement | None, names: FindNames) -> Finding:
        return Finding(
            judgement=judgement or self._classifier.prior,
            unscored=NO_TEXT if not text else None if judgement else MODEL_FAILED,
            language=self._language(text) if text else Language("und", "Zyyy"),
            watch_list=names.hits(normalised(text)),
            fingerprints=self._fingerprints(text),
        )

    def _scored(self, found: Finding, policy_id: PolicyId | None) -> Scored:
        labels = found.judgement.labels
        taught = found.language.tag in self._classifier.languages
        scores = Scores(
            violation=UNKNOWN_VIOLATION
            if found.unscored
            else violation(labels, policy_id, language_taught=taught),
            labels={str(label): chance for label, chance in labels.items()},
            language=found.language.tag,
            script=found.language.script,
            spans=found.judgement.spans,
            watch_list=found.watch_list,
            model=self._classifier.model,
            unscored=found.unscored,
        )
        return Scored(scores, found.fingerprints)

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

"""What scoring asks of its exchangeable parts besides the model (`classifiers/interface.py`).

Each blocks on the processor, holds no state between calls and is called off the event loop.
"""

from typing import Protocol

from services.scoring.text.language import Language
from services.scoring.text.normalise import Normalised
from shared.contracts.fingerprint import Fingerprints
from shared.contracts.scored_report import WatchListHit


class DetectLanguage(Protocol):
    def __call__(self, text: str, /) -> Language:
        """Language and script of a text that is not empty; `und` where it cannot be known."""


class FindNames(Protocol):
    def hits(self, text: Normalised) -> tuple[WatchListHit, ...]:
        """Every listed name in the text, by code point of the original, in order of its end."""


class MakeFingerprints(Protocol):
    def __call__(self, text: str, /) -> Fingerprints:
        """Keys under which equal contents meet. `method` names how they are made: all workers of
        one method agree for ever.
        """

"""The parts that the settings name, put together: the one place that knows every kind of them."""

from pathlib import Path

from services.scoring.classifiers.interface import Classifier
from services.scoring.classifiers.linear import SHIPPED, LinearClassifier
from services.scoring.duplicates.fingerprints import text_fingerprints
from services.scoring.interfaces import DetectLanguage, MakeFingerprints
from services.scoring.reference import ListsInForce, NoWatchLists, WatchLists
from services.scoring.service import Scorer
from services.scoring.settings import (
    ClassifierKind,
    FingerprintKind,
    LanguageKind,
    Settings,
    WatchListKind,
)
from services.scoring.text.language import language_of


def chosen_scorer(settings: Settings) -> Scorer:
    """Raises NotAModel."""
    return Scorer(
        chosen_classifier(settings),
        language=chosen_language(settings),
        fingerprints=chosen_fingerprints(settings),
    )


def chosen_classifier(settings: Settings) -> Classifier:
    """Raises NotAModel."""
    match settings.classifier:
        case ClassifierKind.LINEAR:
            return LinearClassifier.load(Path(settings.model_path or SHIPPED))


def chosen_language(settings: Settings) -> DetectLanguage:
    match settings.language:
        case LanguageKind.LETTERS:
            return language_of


def chosen_fingerprints(settings: Settings) -> MakeFingerprints:
    match settings.fingerprints:
        case FingerprintKind.LETTERS_1:
            return text_fingerprints


def chosen_watch_lists(settings: Settings) -> ListsInForce:
    """Not started yet."""
    match settings.watch_lists:
        case WatchListKind.TOPIC:
            return WatchLists(settings.kafka)
        case WatchListKind.NONE:
            return NoWatchLists()

"""Each part of scoring stands behind its interface, and the settings say which it is."""

import pytest

from services.scoring.choice import chosen_scorer, chosen_watch_lists
from services.scoring.duplicates.fingerprints import METHOD
from services.scoring.reference import NoWatchLists, WatchLists
from services.scoring.service import Item, Scorer
from services.scoring.settings import (
    FingerprintKind,
    Settings,
    WatchListKind,
)
from services.scoring.text.language import Language
from services.scoring.text.normalise import Normalised
from shared.contracts.fingerprint import Fingerprints
from shared.contracts.scored_report import WatchListHit
from tests.fakes.classifier import FakeClassifier

HIT = WatchListHit(list_id="l", entry_id="e", name="n", start=0, end=1)


class EverythingNames:
    def hits(self, text: Normalised) -> tuple[WatchListHit, ...]:
        return (HIT,)


def always_klingon(text: str) -> Language:
    return Language("tlh", "Piqd")


def by_length(text: str) -> Fingerprints:
    return Fingerprints(method="length-1", exact=str(len(text)), letters=len(text))


def test_a_scorer_uses_the_parts_that_it_is_given_and_knows_no_others() -> None:
    scorer = Scorer(FakeClassifier(), language=always_klingon, fingerprints=by_length)
    (scored,) = scorer.score([Item("four")], EverythingNames())
    assert (scored.scores.language, scored.scores.script) == ("tlh", "Piqd")
    assert scored.scores.watch_list == (HIT,)
    assert scored.scores.model.name == "fake"
    assert scored.fingerprints == by_length("four")


def test_the_settings_alone_make_a_scorer_of_the_shipped_parts() -> None:
    lists = chosen_watch_lists(Settings(watch_lists=WatchListKind.NONE))
    names = lists.in_force().watch_list
    (scored,) = chosen_scorer(Settings()).score([Item("good morning to all of you")], names)
    assert scored.scores.model.name == "linear"
    assert scored.scores.language == "en"
    assert scored.scores.watch_list == ()
    assert scored.fingerprints.method == METHOD


async def test_watch_lists_come_from_their_topic_or_not_at_all() -> None:
    assert isinstance(chosen_watch_lists(Settings()), WatchLists)
    none = chosen_watch_lists(Settings(watch_lists=WatchListKind.NONE))
    assert isinstance(none, NoWatchLists)
    none.start()
    await none.until_read()
    assert await none.read_once() is None
    assert none.in_force().revisions == {}
    await none.stop()


@pytest.mark.parametrize("kind", list(FingerprintKind))
def test_a_kind_of_fingerprint_is_named_by_its_method(kind: FingerprintKind) -> None:
    settings = Settings(fingerprints=kind)
    (scored,) = chosen_scorer(settings).score(
        [Item("good morning to all of you")], NoWatchLists().in_force().watch_list
    )
    assert scored.fingerprints.method == kind

"""The index of contents: the first subject of a key within the window, each pair once."""

import random

from services.scoring.duplicates.index import WINDOW_DAYS, ExactIndex
from shared.contracts.fingerprint import Fingerprint
from shared.contracts.identifiers import Environment
from tests.builders.fingerprints import fingerprint

DAY = 86_400_000
START = 20_000 * DAY


def pair(index: ExactIndex, item: Fingerprint, day: float = 0) -> tuple[str, str] | None:
    found = index.add(item, round(START + day * DAY))
    return None if found is None else (found.elder.subject_id, found.younger.subject_id)


def test_every_later_subject_meets_the_first() -> None:
    index = ExactIndex()
    assert pair(index, fingerprint("a")) is None
    assert pair(index, fingerprint("b")) == ("a", "b")
    assert pair(index, fingerprint("c")) == ("a", "c")


def test_a_subject_reported_again_is_no_match_and_a_pair_is_told_once() -> None:
    index = ExactIndex()
    assert pair(index, fingerprint("a")) is None
    assert pair(index, fingerprint("a")) is None
    assert pair(index, fingerprint("b")) == ("a", "b")
    assert pair(index, fingerprint("b")) is None


def test_a_pair_is_told_once_though_it_meets_under_two_contents_either_way_round() -> None:
    index = ExactIndex()
    pair(index, fingerprint("a", "one"))
    assert pair(index, fingerprint("b", "one")) == ("a", "b")
    pair(index, fingerprint("b", "two"))
    assert pair(index, fingerprint("a", "two")) is None


def test_live_and_test_traffic_never_meet() -> None:
    index = ExactIndex()
    pair(index, fingerprint("a"))
    assert pair(index, fingerprint("b", environment=Environment.TEST)) is None


def test_platforms_do_meet() -> None:
    index = ExactIndex()
    pair(index, fingerprint("a", platform="x"))
    assert pair(index, fingerprint("b", platform="telegram")) == ("a", "b")


def test_a_record_without_a_key_meets_nothing() -> None:
    index = ExactIndex()
    pair(index, fingerprint("a", None))
    assert pair(index, fingerprint("b", None)) is None
    assert len(index) == 0


def test_what_is_older_than_the_window_is_forgotten() -> None:
    index = ExactIndex()
    pair(index, fingerprint("a"), day=0)
    assert pair(index, fingerprint("b"), day=WINDOW_DAYS) == ("a", "b")
    assert pair(index, fingerprint("c"), day=WINDOW_DAYS + 1) == ("b", "c")
    pair(index, fingerprint("d", "other"), day=3 * WINDOW_DAYS)
    assert len(index) == 1


def test_a_subject_seen_each_day_stays_the_first() -> None:
    index = ExactIndex()
    for day in range(60):
        pair(index, fingerprint("a"), day=day)
    assert pair(index, fingerprint("b"), day=60) == ("a", "b")


def test_an_index_made_from_the_window_alone_finds_the_same_pairs() -> None:
    """A shard that starts anew has only the days that the log keeps."""
    chance = random.Random(5)
    log = [
        (day * DAY, fingerprint(f"s{chance.randrange(400)}", f"k{chance.randrange(60)}"))
        for day in range(90)
        for _ in range(4)
    ]
    late = [(at, item) for at, item in log if at >= 60 * DAY]
    whole, fresh = ExactIndex(), ExactIndex()
    for at, item in log:
        if at < 60 * DAY:
            whole.add(item, at)
            if at >= (60 - WINDOW_DAYS) * DAY:
                fresh.add(item, at)
    expected = [whole.add(item, at) for at, item in late]
    found = [fresh.add(item, at) for at, item in late]
    assert found == expected
    assert sum(match is not None for match in found) > 50

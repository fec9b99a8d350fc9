"""The trail is gapless, each case has a chain, and every change of it is found."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.review.audit.rules import Placed, Unplaced, placed
from services.review.audit.verify import TrailCheck

CASES = st.lists(st.sampled_from([None, "case1", "case2"]), min_size=1, max_size=20)


def acts(cases: list[str | None]) -> list[Unplaced]:
    return [Unplaced(f"aud{n}", case, f'{{"n":{n}}}') for n, case in enumerate(cases)]


def trail(cases: list[str | None]) -> list[Placed]:
    return list(placed(acts(cases), size=0, lasts={}))


def faults(entries: list[Placed], of: list[Placed]) -> list[str]:
    """What a check finds in `entries` when the checkpoint was signed over `of`."""
    check = TrailCheck()
    found = list(check.take(entries))
    return found + list(check.finish(size=len(of), last_hash=of[-1].hash))


@given(CASES, st.data())
def test_batches_make_the_same_trail_as_one(cases: list[str | None], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(cases)))
    waiting = acts(cases)
    first = placed(waiting[:cut], size=0, lasts={})
    lasts = {entry.chain: entry.hash for entry in first}
    second = placed(waiting[cut:], size=cut, lasts=lasts)
    assert [*first, *second] == trail(cases)


@given(CASES)
def test_a_whole_trail_has_no_fault(cases: list[str | None]) -> None:
    entries = trail(cases)
    assert faults(entries, entries) == []


@given(CASES, st.data())
def test_a_changed_entry_is_found(cases: list[str | None], data: st.DataObject) -> None:
    entries = trail(cases)
    place = data.draw(st.integers(0, len(entries) - 1))
    changed = [*entries]
    changed[place] = replace(entries[place], entry='{"n":"other"}')
    assert f"audit entry {place + 1} is not what was hashed" in faults(changed, entries)


@given(CASES, st.data())
def test_a_removed_entry_is_found(cases: list[str | None], data: st.DataObject) -> None:
    entries = trail(cases)
    place = data.draw(st.integers(0, len(entries) - 1))
    assert faults(entries[:place] + entries[place + 1 :], entries)


@given(CASES, st.data())
def test_an_entry_hashed_anew_breaks_its_chain_or_the_checkpoint(
    cases: list[str | None], data: st.DataObject
) -> None:
    entries = trail(cases)
    place = data.draw(st.integers(0, len(entries) - 1))
    old = entries[place]
    forged = placed(
        [Unplaced(old.audit_id, old.case_id, '{"n":"other"}')],
        size=place,
        lasts={old.chain: old.previous_hash},
    )[0]
    changed = [*entries[:place], forged, *entries[place + 1 :]]
    later = [entry for entry in entries[place + 1 :] if entry.chain == old.chain]
    if later or place == len(entries) - 1:
        assert faults(changed, entries)


@pytest.mark.parametrize("swap", [(0, 1), (1, 2)])
def test_reordered_entries_are_found(swap: tuple[int, int]) -> None:
    entries = trail(["case1", "case1", "case2"])
    changed = [*entries]
    one, other = swap
    changed[one], changed[other] = entries[other], entries[one]
    assert faults(changed, entries)

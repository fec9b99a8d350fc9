"""What is posted in a run: enough of each kind, the same for the same seed."""

import pytest

from services.ingest.subjects.canonical import name_id, name_url
from services.ingest.subjects.phones import Phones
from shared.contracts.identifiers import PlatformId
from shared.contracts.report import SubjectKind
from tests.chaos.traffic import (
    ANOTHER_BODY,
    LINES_OF_A_BULK,
    PLATFORMS,
    Letter,
    envelopes,
    named,
)

PHONES = Phones(b"a key for the tests")
LETTERS = [letter for envelope in envelopes(1, 3000) for letter in envelope.letters]


def names(letters: list[Letter]) -> set[object]:
    return {letter.name for letter in letters}


def test_the_same_seed_posts_the_same_in_the_same_order() -> None:
    assert envelopes(5, 300) == envelopes(5, 300)
    assert envelopes(5, 300) != envelopes(6, 300)


@pytest.mark.parametrize("reports", [1, 300, 3000])
def test_there_are_as_many_different_reports_as_were_asked_for(reports: int) -> None:
    letters = [letter for envelope in envelopes(2, reports) for letter in envelope.letters]
    assert len(names(letters)) == reports


def test_every_platform_sends_live_and_to_its_sandbox() -> None:
    tenants = {(letter.name.tenant.platform, letter.name.tenant.environment) for letter in LETTERS}
    assert tenants == {(name, kind) for name in PLATFORMS for kind in ("live", "test")}


def test_some_subjects_are_reported_again_and_some_reports_sent_again_or_otherwise() -> None:
    first = [letter for letter in LETTERS if letter.body == "first"]
    assert len({letter.subject_id for letter in first}) < 0.9 * len(names(first))
    assert len(first) - len(names(first)) > 50
    assert len([letter for letter in LETTERS if letter.body == "other"]) > 20


def test_reports_go_alone_and_in_bulk_of_one_tenant() -> None:
    bulk = [envelope for envelope in envelopes(1, 3000) if envelope.bulk]
    assert 0.3 < sum(len(envelope.letters) for envelope in bulk) / len(LETTERS) < 0.5
    for envelope in bulk:
        assert len(envelope.letters) <= LINES_OF_A_BULK
        assert {letter.name.tenant for letter in envelope.letters} == {envelope.tenant}


@pytest.mark.parametrize("number", [1, ANOTHER_BODY + 1_000_000])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_edge_names_a_subject_as_the_clients_do_however_many_they_post(
    platform: PlatformId, number: int
) -> None:
    reference, subject_id = named(platform, number)
    kind, text = next(iter(reference.items()))
    found = (
        name_url(platform, str(text), PHONES)
        if kind == "url"
        else name_id(platform, SubjectKind.CONTENT, str(text), PHONES)
    )
    assert found.subject_id == subject_id

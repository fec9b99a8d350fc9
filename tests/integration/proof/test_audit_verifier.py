"""The audit trail is verified page by page while it grows, and what is not as it was is shown."""

import pytest

from services.review.audit.metrics import AUDIT_FAULTS, AUDIT_VERIFIED
from services.review.jobs.audit_sequencer import NAME as SEQUENCER
from services.review.jobs.audit_verifier import (
    BETWEEN_PASSES_SECONDS,
    NAME,
    PAUSE_SECONDS,
    AuditVerifier,
)
from services.review.jobs.duty import Term
from tests.integration.proof.test_audit_sequencer import act, drained, recorded
from tests.integration.review_stream.parts import execute, new_term, opened

OPEN = "alter table audit_entries disable trigger only_grows;"
CHANGES = {
    "changed": ("update audit_entries set entry = '{}' where sequence = 5", 1),
    "changed, and hashed again": ("update audit_entries set hash = 'x' where sequence = 5", 2),
    "removed": ("delete from audit_entries where sequence = 5", 2),
    "cut off": ("delete from audit_entries where sequence > 7", 1),
    "emptied": ("delete from audit_entries", 1),
}


async def passed(verifier: AuditVerifier, term: Term) -> int:
    """Pages of a whole pass."""
    pages = 1
    while await verifier.step(term) == PAUSE_SECONDS:
        pages += 1
    return pages


@pytest.mark.parametrize(("change", "places"), CHANGES.values(), ids=CHANGES)
async def test_a_trail_that_is_not_what_it_was_is_shown(
    database_url: str, change: str, places: int
) -> None:
    async with opened(database_url) as database:
        # three chains: of two cases, and of what is about none
        await recorded(database, *(act(n, ("a", "b", None)[n % 3]) for n in range(9)))
        await drained(database, await new_term(database_url, SEQUENCER))
        term = await new_term(database_url, NAME)
        verifier = AuditVerifier(database, page=2)
        AUDIT_VERIFIED.set(0)
        assert await passed(verifier, term) == 5
        assert AUDIT_FAULTS._value.get() == 0
        assert AUDIT_VERIFIED._value.get() > 0
        await execute(database_url, OPEN + change)
        await passed(verifier, term)
        assert AUDIT_FAULTS._value.get() == places
        # and it stays shown while the next pass is under way
        await verifier.step(term)
        assert AUDIT_FAULTS._value.get() >= places


async def test_a_trail_that_grows_meanwhile_is_whole(database_url: str) -> None:
    async with opened(database_url) as database:
        sequencing = await new_term(database_url, SEQUENCER)
        verifying = await new_term(database_url, NAME)
        verifier = AuditVerifier(database, page=2)
        for number in range(6):
            await recorded(database, act(number, "a"))
            await drained(database, sequencing)
            await verifier.step(verifying)
            assert AUDIT_FAULTS._value.get() == 0


async def test_an_empty_trail_is_whole(database_url: str) -> None:
    async with opened(database_url) as database:
        term = await new_term(database_url, NAME)
        assert await AuditVerifier(database).step(term) == BETWEEN_PASSES_SECONDS
    assert AUDIT_FAULTS._value.get() == 0

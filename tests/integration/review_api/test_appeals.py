"""An appeal is decided by another person, once, and its effects are told at once."""

import asyncio

import asyncpg
import pytest

from services.review.decisions.release import release_due
from services.review.reviewers.rules import Role
from tests.integration.review_api.parts import Desk, Held, Person, add_cases, held, opened

ADD_APPEAL = """
insert into appeals (appeal_id, platform_id, environment, external_id, decision_id, case_id,
  subject_id, appellant_kind, language, text, submitted_at, accepted_at, state,
  original_reviewer_id)
select 'appeal', platform_id, environment, 'ext', decision_id, case_id, subject_id, 'owner', 'en',
  'it was satire', now(), now(), 'open', reviewer_id from decisions where decision_id = $1
"""
ADD_ENTRY = """
insert into queue_entries (entry_id, kind, platform_id, environment, queue_id, language, clearance,
  lane, key, formula, enqueued_at, excluded_reviewers)
select 'appeal', 'appeal', 'x', 'live', 'appeals', 'en', 1, 2, 0, 1, now(),
  array[original_reviewer_id] from appeals
"""
ANOTHER = """
with also as (
  insert into appeals (appeal_id, platform_id, environment, external_id, decision_id, case_id,
    subject_id, report_id, appellant_kind, language, text, submitted_at, accepted_at, state,
    original_reviewer_id)
  select 'another', platform_id, environment, 'ext-2', decision_id, case_id, subject_id, 'rep',
    'reporter', 'en', 'it was a threat', now(), now(), 'open', original_reviewer_id
  from appeals returning appeal_id)
insert into queue_entries (entry_id, kind, platform_id, environment, queue_id, language, clearance,
  lane, key, formula, enqueued_at, excluded_reviewers)
select also.appeal_id, 'appeal', 'x', 'live', 'appeals', 'en', 1, 2, -1, 1, now(),
  e.excluded_reviewers from also, queue_entries e
"""
EVENTS = "select type, subject_id from events order by type, subject_id"


async def _appealed(desk: Desk, decider: Person, **changes: object) -> str:
    """A case that the person decided, released, with an open appeal. The decision's id."""
    await add_cases(desk, "one")
    answer = await decider.decide(await decider.claim_one(), **changes)
    decision_id = str(answer.json()["decision_id"])
    await _release(desk)
    await desk.execute("delete from events")
    await desk.execute(ADD_APPEAL, decision_id)
    await desk.execute("insert into queue_lanes values ('appeals', 'en', 1, 'x')")
    await desk.execute(ADD_ENTRY)
    return decision_id


async def _release(desk: Desk) -> None:
    await desk.execute("update outbox set release_at = least(release_at, now())")
    async with desk.database.as_worker() as session:
        await release_due(session, review_url="http://desk", most=100)


def _outcome(claim: Held, outcome: str, **more: object) -> dict[str, object]:
    return {"lease_token": claim.token, "outcome": outcome, "reason": "looked again", **more}


PATH = "/api/v1/appeals/appeal/outcome"


async def test_another_person_overturns_and_the_effects_are_reversed(database_url: str) -> None:
    async with opened(database_url) as desk:
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        decision_id = await _appealed(desk, amal)
        claim = await sana.claim_one("appeals")
        assert claim.appeal is not None
        assert claim.appeal["text"] == "it was satire"
        answer = await sana.post(PATH, _outcome(claim, "overturned"))
        assert answer.status_code == 200, answer.text
        new = answer.json()["decision_id"]
        rows = await desk.fetch("select decision_id, state, finding, reverses from decisions")
        assert set(rows) == {
            (decision_id, "reversed", "violation", None),
            (new, "final", "no_violation", decision_id),
        }
        await _release(desk)
        assert await desk.fetch(EVENTS) == [
            ("appeal.decided", "x:post:one"),
            ("decision.reversed", "x:post:one"),
        ]
        effective = "select effective from subjects where subject_id = 'x:post:one'"
        assert await desk.fetch(effective) == [("[]",)]
        assert await desk.fetch("select count(*) from queue_entries") == [(0,)]
        case = (await sana.get("/api/v1/cases/one")).json()
        assert (case["state"], case["appeals"][0]["outcome"]) == ("decided", "overturned")


async def test_who_decided_is_neither_offered_the_appeal_nor_heard_on_it(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        await _appealed(desk, amal)
        assert await amal.claim("appeals") == []
        theirs = await sana.claim_one("appeals")
        answer = await amal.post(PATH, _outcome(theirs, "upheld"))
        assert (answer.status_code, answer.json()["code"]) == (403, "own_decision")
        assert (await amal.get("/api/v1/appeals/appeal")).json()["own_decision"] is True


BY_AMAL = "(select reviewer_id from reviewers where email = 'amal@example.org')"
BY_SANA = "(select reviewer_id from reviewers where email = 'sana@example.org')"

DECIDED_BY_THEMSELVES = """
insert into appeals (appeal_id, platform_id, environment, external_id, decision_id, appellant_kind,
  language, text, submitted_at, accepted_at, state, original_reviewer_id, outcome, outcome_by)
select 'made-up', platform_id, environment, 'made-up', decision_id, 'reporter', 'en', '', now(),
  now(), 'decided', original_reviewer_id, 'upheld', original_reviewer_id from appeals
"""


@pytest.mark.parametrize(
    "change",
    [
        "outcome_by = original_reviewer_id",
        f"outcome_by = {BY_AMAL}, original_reviewer_id = {BY_SANA}",
        f"outcome_by = {BY_AMAL}, original_reviewer_id = null",
    ],
)
async def test_the_database_itself_refuses_the_same_person(database_url: str, change: str) -> None:
    async with opened(database_url) as desk:
        amal = await desk.reviewer("Amal")
        await desk.reviewer("Sana")
        await _appealed(desk, amal)
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await desk.execute(
                f"update appeals set state = 'decided', outcome = 'upheld', {change}"
            )
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="another_person"):
            await desk.execute(DECIDED_BY_THEMSELVES)


async def test_the_name_of_who_decided_is_not_told_to_who_decides_the_appeal(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        await _appealed(desk, amal)
        (claim,) = await sana.claim("appeals")
        assert amal.reviewer_id not in str(claim)
        assert "Amal" not in str(claim)
        for path in ("/api/v1/appeals/appeal", "/api/v1/cases/one"):
            assert amal.reviewer_id not in (await sana.get(path)).text


async def test_an_upheld_appeal_changes_nothing_but_is_told(database_url: str) -> None:
    async with opened(database_url) as desk:
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        await _appealed(desk, amal)
        claim = await sana.claim_one("appeals")
        answer = await sana.post(PATH, _outcome(claim, "upheld"))
        assert answer.json()["decision_id"] is None
        await _release(desk)
        assert await desk.fetch(EVENTS) == [("appeal.decided", "x:post:one")]
        assert await desk.fetch("select state from decisions") == [("final",)]


async def test_modified_actions_take_the_place_of_the_first_ones(database_url: str) -> None:
    async with opened(database_url) as desk:
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        await _appealed(
            desk,
            amal,
            actions=[{"action": "remove"}, {"action": "strike", "subject_id": "x:user:1"}],
        )
        claim = await sana.claim_one("appeals")
        answer = await sana.post(PATH, _outcome(claim, "modified", actions=[{"action": "label"}]))
        assert answer.status_code == 200, answer.text
        await _release(desk)
        effective = await desk.fetch(
            "select subject_id, effective #>> '{0,action}' from subjects order by subject_id"
        )
        assert ("x:post:one", "label") in effective
        assert ("x:user:1", None) in effective
        assert ("decision.reversed", "x:user:1") in await desk.fetch(EVENTS)


async def test_overturning_no_violation_needs_actions(database_url: str) -> None:
    async with opened(database_url) as desk:
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        await _appealed(desk, amal, finding="no_violation", actions=None)
        claim = await sana.claim_one("appeals")
        bare = await sana.post(PATH, _outcome(claim, "overturned"))
        assert (bare.status_code, bare.json()["errors"][0]["pointer"]) == (422, "/actions")
        pointless = await sana.post(
            PATH, _outcome(claim, "modified", actions=[{"action": "label"}])
        )
        assert pointless.json()["errors"][0]["pointer"] == "/outcome"
        answer = await sana.post(
            PATH, _outcome(claim, "overturned", actions=[{"action": "remove"}])
        )
        assert answer.status_code == 200, answer.text
        await _release(desk)
        effective = "select effective #>> '{0,action}' from subjects where effective <> '[]'"
        assert await desk.fetch(effective) == [("remove",)]


async def test_an_appeal_has_one_outcome_however_often_it_is_sent(database_url: str) -> None:
    async with opened(database_url) as desk:
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        lena = await desk.reviewer("Lena", Role.SENIOR)
        await _appealed(desk, amal)
        claim = await sana.claim_one("appeals")
        answers = await asyncio.gather(
            *(sana.post(PATH, _outcome(claim, "overturned")) for _ in range(5))
        )
        assert {answer.status_code for answer in answers} == {200}, [a.text for a in answers]
        assert len({answer.text for answer in answers}) == 1
        assert await desk.fetch("select count(*) from decisions") == [(2,)]
        other = await sana.post(PATH, _outcome(claim, "upheld"))
        foreign = await lena.post(PATH, _outcome(claim, "overturned"))
        for answer in (other, foreign):
            assert (answer.status_code, answer.json()["code"]) == (409, "appeal_decided")


async def test_an_outcome_needs_the_lease(database_url: str) -> None:
    async with opened(database_url) as desk:
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        await _appealed(desk, amal)
        claim = await sana.claim_one("appeals")
        await desk.execute("update queue_entries set lease_expires_at = now() - interval '1 s'")
        answer = await sana.post(PATH, _outcome(claim, "upheld"))
        assert (answer.status_code, answer.json()["code"]) == (409, "lease_lost")
        auditor = await desk.reviewer("Omar", Role.AUDITOR)
        assert (await auditor.post(PATH, _outcome(claim, "upheld"))).status_code == 403
        assert (await auditor.get("/api/v1/appeals/appeal")).status_code == 200
        assert (await auditor.get("/api/v1/appeals/none")).status_code == 404


async def test_a_decision_that_was_reversed_already_is_not_reversed_again(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        await _appealed(desk, amal)
        claim = await sana.claim_one("appeals")
        await desk.execute("update decisions set state = 'reversed'")
        answer = await sana.post(PATH, _outcome(claim, "overturned"))
        assert (answer.status_code, answer.json()["code"]) == (409, "already_reversed")
        assert (await sana.post(PATH, _outcome(claim, "upheld"))).status_code == 200


async def test_other_appeals_against_a_decision_that_is_reversed_are_refused_and_told(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        decision_id = await _appealed(desk, amal)
        await desk.execute(ANOTHER)
        mine, other = [held(claim) for claim in await sana.claim("appeals", size=2)]
        assert (await sana.post(PATH, _outcome(mine, "overturned"))).status_code == 200
        told = "select appeal_id, state, refused from appeals order by appeal_id"
        assert await desk.fetch(told) == [
            ("another", "refused", "already_reversed"),
            ("appeal", "decided", None),
        ]
        assert await desk.fetch("select count(*) from queue_entries") == [(0,)]
        late = await sana.post("/api/v1/appeals/another/outcome", _outcome(other, "upheld"))
        assert (late.status_code, late.json()["code"]) == (409, "appeal_decided")
        await _release(desk)
        refused = "select body::jsonb #>> '{data,refused}' from events where appeal_id = 'another'"
        assert await desk.fetch(refused) == [("already_reversed",)]
        audited = (
            "select count(*) from audit_outbox where entry like '%appeal_refused%'"
            f" and entry like '%{decision_id}%'"
        )
        assert await desk.fetch(audited) == [(1,)]


async def test_an_upheld_appeal_leaves_the_other_one_open(database_url: str) -> None:
    async with opened(database_url) as desk:
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        await _appealed(desk, amal)
        await desk.execute(ANOTHER)
        claim = await sana.claim_one("appeals")
        assert (await sana.post(PATH, _outcome(claim, "upheld"))).status_code == 200
        assert [held(one).token for one in await sana.claim("appeals")]


async def test_two_who_reverse_one_decision_at_once_make_one_reversal(database_url: str) -> None:
    async with opened(database_url) as desk:
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        lena = await desk.reviewer("Lena", Role.SENIOR)
        await _appealed(desk, amal)
        await desk.execute(ANOTHER)
        first, second = await sana.claim_one("appeals"), await lena.claim_one("appeals")
        answers = await asyncio.gather(
            sana.post(PATH, _outcome(first, "overturned")),
            lena.post("/api/v1/appeals/another/outcome", _outcome(second, "overturned")),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        states = "select state, count(*) from decisions group by state order by state"
        assert await desk.fetch(states) == [("final", 1), ("reversed", 1)]
        assert await desk.fetch("select count(*) from appeals where state = 'open'") == [(0,)]

"""What a decision needs, what it does, and that it is made once."""

import asyncio
import json
from collections.abc import Mapping

import pytest

from services.review.reviewers.rules import Role
from tests.integration.review_api.parts import Desk, Held, Person, add_cases, decision, opened

STATES = "select case_id, state from cases order by case_id"


async def _decide_retried(person: Person, claim: Held, times: int) -> list[Mapping[str, object]]:
    """The same request, several times at once."""
    answers = await asyncio.gather(*(person.decide(claim) for _ in range(times)))
    assert {answer.status_code for answer in answers} == {201}, [a.text for a in answers]
    return [answer.json() for answer in answers]


async def _cluster(desk: Desk, *names: str) -> Held:
    await add_cases(desk, *names, cluster="k")
    amal = await desk.reviewer("Amal")
    return await amal.claim_one()


async def test_a_cluster_is_decided_as_one_and_told_case_by_case(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "a", "b", "c", cluster="k")
        amal = await desk.reviewer("Amal")
        answer = (await amal.decide(await amal.claim_one(), cluster=True)).json()
        assert sorted(each["case_id"] for each in answer["decisions"]) == ["a", "b", "c"]
        assert answer["decisions"][0] == {"case_id": "a", "decision_id": answer["decision_id"]}
        assert await desk.fetch(STATES) == [("a", "decided"), ("b", "decided"), ("c", "decided")]
        rows = await desk.fetch("select draft ->> 'subject_id', type from outbox order by 1")
        assert rows == [(f"x:post:{name}", "decision.made") for name in "abc"]
        actions = await desk.fetch(
            "select subject_id, actions #>> '{0,subject_id}' from decisions order by 1"
        )
        assert actions == [(f"x:post:{name}", f"x:post:{name}") for name in "abc"]
        assert await desk.fetch("select 1 from queue_entries") == []


async def test_a_stale_lease_on_a_member_cannot_decide_a_decided_cluster(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "a", "b", cluster="k")
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        stale = await amal.claim_one()
        await desk.execute("update queue_entries set lease_expires_at = now() - interval '1 s'")
        fresh = await sana.claim_one()
        assert (await sana.decide(fresh)).status_code == 201
        for case_id in ("a", "b"):
            answer = await amal.post(f"/api/v1/cases/{case_id}/decisions", decision(stale))
            assert (answer.status_code, answer.json()["what"]) == (409, "decided")
        assert await desk.fetch("select count(*) from decisions") == [(2,)]


async def test_a_lease_ends_with_its_decision_even_when_cases_remain(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "a", "b", cluster="k")
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        claim = await amal.claim_one()
        assert (await amal.decide(claim, cluster=False)).status_code == 201
        assert await desk.fetch(STATES) == [("a", "decided"), ("b", "queued")]
        again = await amal.post("/api/v1/cases/b/decisions", decision(claim))
        assert (again.status_code, again.json()["code"]) == (409, "lease_lost")
        assert (await sana.claim_one()).case_id == "b"


async def test_cases_that_are_left_out_stay_open_and_go_back_to_the_queue(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "a", "b", "c", cluster="k")
        amal = await desk.reviewer("Amal")
        claim = await amal.claim_one()
        wrong = await amal.decide(claim, **{"except": ["elsewhere"]})
        assert wrong.json()["errors"][0]["pointer"] == "/except/0"
        answer = await amal.decide(claim, **{"except": ["b"]})
        assert answer.status_code == 201
        assert await desk.fetch(STATES) == [("a", "decided"), ("b", "queued"), ("c", "decided")]
        assert (await amal.claim_one()).case_id == "b"


async def test_two_who_decide_one_case_at_once_make_one_decision(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal = await desk.reviewer("Amal")
        claim = await amal.claim_one()
        findings = ["no_violation", "out_of_scope", "already_gone", "bad_faith_report"]
        answers = await asyncio.gather(
            *(amal.decide(claim, finding=finding, actions=None) for finding in findings * 3)
        )
        statuses = [answer.status_code for answer in answers]
        assert statuses.count(201) == 3  # the winner's own three requests
        assert statuses.count(409) == 9
        assert await desk.fetch("select count(*) from decisions") == [(1,)]
        assert await desk.fetch("select count(*) from outbox") == [(1,)]
        events = "select count(*) from case_events where event = 'decided'"
        assert await desk.fetch(events) == [(1,)]


async def test_the_same_request_again_gives_the_same_answer(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "a", "b", cluster="k")
        amal = await desk.reviewer("Amal")
        claim = await amal.claim_one()
        answers = await _decide_retried(amal, claim, 4)
        answers += await _decide_retried(amal, claim, 1)
        assert all(answer == answers[0] for answer in answers)
        other = await amal.decide(claim, reason="another reason")
        assert (other.status_code, other.json()["code"]) == (409, "already_decided")
        assert await desk.fetch("select count(*) from decisions") == [(2,)]


async def test_nobody_else_can_use_a_lease_token(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        claim = await amal.claim_one()
        assert (await sana.decide(claim)).json()["code"] == "lease_lost"
        assert (await amal.decide(claim)).status_code == 201
        assert (await sana.decide(claim)).json()["code"] == "lease_lost"


async def test_changed_content_is_never_decided_unseen(database_url: str) -> None:
    async with opened(database_url) as desk:
        claim = await _cluster(desk, "one")
        amal = await desk.reviewer("Amal2")
        await desk.execute("update queue_entries set lease_owner = $1", amal.reviewer_id)
        await desk.execute("update cases set report_count = 2, version = version + 1")
        await desk.execute("update cases set content_digest = 'new'")
        answer = await amal.decide(claim)
        assert (answer.status_code, answer.json()["code"]) == (409, "content_changed")
        # the lease is still good: look again, then decide
        seen = {**claim.seen, "content_digest": "new"}
        assert (await amal.decide(claim, seen=seen)).status_code == 201


async def test_a_report_more_changes_nothing_for_who_decides(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal = await desk.reviewer("Amal")
        claim = await amal.claim_one()
        await desk.execute("update cases set report_count = 2, version = version + 1")
        assert (await amal.decide(claim)).status_code == 201


async def test_only_the_members_that_were_shown_are_decided(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "a", "b", cluster="k")
        amal = await desk.reviewer("Amal")
        claim = await amal.claim_one()
        await add_cases(desk, "late", cluster="k", enqueue=False)
        await desk.execute("update clusters set version = version + 1")
        answer = await amal.decide(claim)
        assert (answer.status_code, answer.json()["code"]) == (409, "cluster_changed")
        assert answer.json()["case_ids"] == ["a", "b", "late"]
        assert await desk.fetch("select count(*) from decisions") == [(0,)]
        assert (await amal.decide(claim, cluster=False)).status_code == 201


async def test_a_lone_case_that_gets_company_is_not_decided_as_a_cluster(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "a", cluster="k")
        amal = await desk.reviewer("Amal")
        claim = await amal.claim_one()
        assert claim.case["cluster"] is None
        await add_cases(desk, "late", cluster="k", enqueue=False)
        assert (await amal.decide(claim)).json()["code"] == "cluster_changed"


async def test_an_action_on_the_author_reaches_no_other_author(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "a", cluster="k", author_account="x:user:1")
        await add_cases(desk, "b", cluster="k", author_account="x:user:2", key=-5)
        amal = await desk.reviewer("Amal")
        claim = await amal.claim_one()
        strike = {"action": "strike", "subject_id": "x:user:1"}
        alone = await amal.decide(claim, actions=[strike])
        assert alone.json()["errors"][0]["code"] == "none_for_others"
        answer = await amal.decide(claim, actions=[{"action": "remove"}, strike])
        assert answer.status_code == 201, answer.text
        rows = await desk.fetch("select case_id, actions from decisions order by case_id")
        subjects = {
            str(case_id): [action["subject_id"] for action in json.loads(str(actions))]
            for case_id, actions in rows
        }
        assert subjects == {"a": ["x:post:a", "x:user:1"], "b": ["x:post:b"]}
        told = await desk.fetch("select subject_id from outbox order by 1")
        assert told == [("x:post:a",), ("x:post:b",), ("x:user:1",)]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"actions": None}, "/actions"),
        ({"finding": "no_violation"}, "/actions"),
        ({"finding": "guilty"}, "/finding"),
        ({"actions": [{"action": "restrict"}]}, "/actions/0/countries"),
        ({"actions": [{"action": "remove", "countries": ["PK"]}]}, "/actions/0/countries"),
        ({"actions": [{"action": "suspend", "subject_id": "x:user:1"}]}, "/actions/0/until"),
        (
            {"actions": [{"action": "demote", "until": "2020-01-01T00:00:00Z"}]},
            "/actions/0/until",
        ),
        (
            {"actions": [{"action": "demote", "until": "9999-12-31T23:59:59-23:59"}]},
            "/actions/0/until",
        ),
        ({"actions": [{"action": "remove", "subject_id": "x:user:9"}]}, "/actions/0/subject_id"),
        ({"actions": [{"action": "remove"}, {"action": "remove"}]}, "/actions/1"),
        ({"actions": [{"action": "disable"}]}, "/actions/0/action"),
        ({"policy_ids": ["nothing"]}, "/policy_ids/0"),
        ({"ground": "law"}, "/legal_basis"),
        ({"seen": None}, "/seen"),
        ({"lease_token": None}, "/lease_token"),
        ({"cluster": 1}, "/cluster"),
    ],
)
async def test_a_decision_that_is_wrong_is_refused_and_leaves_the_lease(
    database_url: str, changes: dict[str, object], pointer: str
) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal = await desk.reviewer("Amal")
        claim = await amal.claim_one()
        answer = await amal.decide(claim, **changes)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["pointer"] == pointer
        assert (await amal.decide(claim)).status_code == 201


async def test_nothing_permanent_is_done_to_a_name_that_can_change_hands(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await add_cases(
            desk, "handle", kind="account", identity="handle", author_account="x:handle:someone"
        )
        await add_cases(desk, "post", author_account="x:handle:someone", key=-1)
        amal = await desk.reviewer("Amal")
        for target in (None, "x:handle:someone"):
            claim = await amal.claim_one()
            action = {"action": "disable"} | ({"subject_id": target} if target else {})
            answer = await amal.decide(claim, actions=[action])
            assert (answer.status_code, answer.json()["code"]) == (422, "needs_stable_id")


async def test_everything_about_a_decision_is_written_together(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal = await desk.reviewer("Amal")
        answer = (await amal.decide(await amal.claim_one())).json()
        entries = [
            json.loads(str(row[0]))
            for row in await desk.fetch("select entry from audit_outbox where case_id = 'one'")
        ]
        (act,) = [entry for entry in entries if entry["action"] == "decided"]
        assert act["case_version"] == 2
        assert act["before"] == {"state": "queued"}
        assert act["after"]["state"] == "decided"
        assert act["after"]["decision"] == answer["decision_id"]
        assert act["actor"] == f"reviewer:{amal.reviewer_id}"
        assert "not allowed here" not in json.dumps(entries)
        draft = await desk.fetch(
            "select release_at = undo_until, o.group_id = d.group_id"
            " from outbox o join decisions d using (decision_id)"
        )
        assert draft == [(True, True)]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
async def test_who_does_not_review_cannot_decide(database_url: str, role: Role) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal, other = await desk.reviewer("Amal"), await desk.reviewer("Omar", role)
        claim = await amal.claim_one()
        assert (await other.decide(claim)).status_code == 403
        assert (await other.post("/api/v1/decisions/none/undo")).status_code == 403

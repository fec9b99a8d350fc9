"""What reviewers see: queues, cases, search, accounts, the audit trail."""

import json

from services.review.reviewers.rules import Role
from tests.integration.review_api.parts import add_cases, opened


async def test_the_queue_list_counts_what_waits_and_what_this_reviewer_could_take(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "en1", "en2")
        await add_cases(desk, "ur1", language="ur")
        english = await desk.reviewer("Amal", languages=("en",))
        await english.claim_one()
        queues = (await english.get("/api/v1/queues")).json()["items"]
        other = next(queue for queue in queues if queue["queue_id"] == "other")
        assert (other["depth"], other["available"]) == (3, 1)
        assert other["languages"] == {"en": 2, "ur": 1}
        assert other["oldest_age_seconds"] >= 0
        assert other["next_deadline"] is None


async def test_queues_that_need_another_role_are_not_listed(database_url: str) -> None:
    async with opened(database_url) as desk:
        reviewer = await desk.reviewer("Amal")
        senior = await desk.reviewer("Sana", Role.SENIOR)

        async def listed(person: object) -> set[str]:
            assert hasattr(person, "get")
            items = (await person.get("/api/v1/queues")).json()["items"]
            return {item["queue_id"] for item in items}

        assert "escalations" not in await listed(reviewer)
        assert "escalations" in await listed(senior)


async def test_a_platform_that_is_not_granted_does_not_exist_for_a_reviewer(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "mine", platform="x")
        await add_cases(desk, "foreign", platform="yt")
        amal = await desk.reviewer("Amal", platforms=("x",))
        assert (await amal.get("/api/v1/cases/foreign")).status_code == 404
        assert (await amal.get("/api/v1/cases/foreign/audit")).status_code == 404
        assert (await amal.post("/api/v1/cases/foreign/claim")).status_code == 404
        found = (await amal.get("/api/v1/cases")).json()["items"]
        assert [case["case_id"] for case in found] == ["mine"]
        assert len(await amal.claim(size=20)) == 1


async def test_every_view_of_a_case_is_in_the_audit_trail(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one", "two")
        amal = await desk.reviewer("Amal")
        await amal.claim(size=2)
        await amal.get("/api/v1/cases/one")
        rows = await desk.fetch("select entry from audit_outbox where case_id is not null")
        acts = [json.loads(str(row[0])) for row in rows]
        viewed = sorted(act["case"] for act in acts if act["action"] == "viewed")
        assert viewed == ["one", "one", "two"]
        assert {act["actor"] for act in acts} == {f"reviewer:{amal.reviewer_id}"}


async def test_a_case_that_is_taken_at_the_desk_is_viewed_once_and_not_again_by_its_claim(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one", "two")
        amal = await desk.reviewer("Amal")
        browser = desk.client()
        browser.cookies.set("mizan_session", amal.token)
        for path in ("/queues/other/next", "/cases/two/claim"):
            leads = await browser.post(path, headers={"X-CSRF-Token": "csrf"})
            assert leads.status_code == 303
            page = await browser.get(leads.headers["location"])
            assert page.status_code == 200
        rows = await desk.fetch("select entry from audit_outbox where case_id is not null")
        acts = [json.loads(str(row[0])) for row in rows]
        assert sorted((act["case"], act["action"]) for act in acts) == [
            ("one", "viewed"),
            ("two", "viewed"),
        ]


async def test_search_finds_by_id_and_by_words_and_pages_by_signed_cursors(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, *(f"case{number}" for number in range(5)))
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        by_subject = (await amal.get("/api/v1/cases?subject_id=x:post:case3")).json()["items"]
        by_id = (await amal.get("/api/v1/cases?q=x:post:case3")).json()["items"]
        by_words = (await amal.get("/api/v1/cases?q=TEXT of case3")).json()["items"]
        for found in (by_subject, by_id, by_words):
            assert [case["case_id"] for case in found] == ["case3"]
        assert (await amal.get("/api/v1/cases?q=100%25")).json()["items"] == []
        seen: list[str] = []
        path = following = "/api/v1/cases?limit=2"
        while following:
            page = (await amal.get(following)).json()
            seen += [case["case_id"] for case in page["items"]]
            cursor = page["next_cursor"]
            following = f"{path}&cursor={cursor}" if cursor else ""
            if cursor:
                assert (await sana.get(following)).status_code == 400
                assert (await amal.get(f"{following}&state=queued")).status_code == 400
        assert sorted(seen) == [f"case{number}" for number in range(5)]
        assert len(seen) == len(set(seen))


async def test_a_filter_that_there_is_not_is_refused_and_never_passed_over(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        amal = await desk.reviewer("Amal")
        for query, status in [
            ("reviewer=me", 400),
            ("state=queued&state=held", 400),
            ("state=burning", 422),
            ("limit=0", 422),
            ("limit=1e9", 422),
            ("cursor=abc", 400),
        ]:
            answer = await amal.get(f"/api/v1/cases?{query}")
            assert answer.status_code == status, query
            assert answer.headers["content-type"] == "application/problem+json"


async def test_an_account_shows_its_open_cases_and_decisions(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one", "two", author_account="x:user:7")
        amal = await desk.reviewer("Amal")
        assert (await amal.decide(await amal.claim_one())).status_code == 201
        account = (await amal.get("/api/v1/accounts/x:user:7")).json()
        assert [case["case_id"] for case in account["open_cases"]] == ["two"]
        assert [decision["case_id"] for decision in account["decisions"]] == ["one"]
        assert (await amal.get("/api/v1/accounts/x:user:none")).status_code == 404


async def test_a_note_needs_no_lease_and_shows_in_the_case(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal = await desk.reviewer("Amal")
        answer = await amal.post("/api/v1/cases/one/notes", {"text": "seen before"})
        assert answer.status_code == 201
        case = (await amal.get("/api/v1/cases/one")).json()
        assert [(note["text"], note["by"]["name"]) for note in case["notes"]] == [
            ("seen before", "Amal")
        ]

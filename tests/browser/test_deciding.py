"""A reviewer decides, takes back, loses, appeals: with the keyboard and beside others."""

from playwright.async_api import Page, expect

from tests.browser.conftest import Desk, settled, take_next
from tests.builders.review_rows import Waiting, appeal

END_LEASES = "update queue_entries set lease_expires_at = now() - interval '1 minute'"


async def test_a_case_is_decided_by_keyboard_alone_and_taken_back(desk: Desk) -> None:
    await desk.put(Waiting(0), Waiting(1))
    page = await desk.log_in("amina")
    for _ in range(12):
        await page.keyboard.press("j")
        if await page.locator("#queue-threats.at").count():
            break
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/cases/cas_0")
    await settled(page)
    await page.keyboard.press("2")
    await page.keyboard.press("w")
    await page.keyboard.type("Typed.")
    await page.keyboard.press("Escape")
    await page.keyboard.press("r")
    await page.wait_for_url("**/cases/cas_1")
    await settled(page)
    await expect(page.locator("h1")).to_be_focused()
    await expect(page.locator(".undo")).to_contain_text("Removed")
    decided = await desk.one("select policies #>> '{0,policy_id}' || reason from decisions")
    assert decided == "child_safetyTyped."
    await page.keyboard.press("z")
    await page.wait_for_url("**/cases/cas_0")
    await settled(page)
    await expect(page.locator("[data-lease]")).to_be_visible()
    assert await desk.one("select state from decisions") == "undone"


async def test_what_can_be_taken_back_is_offered_as_long_as_it_can_be(desk: Desk) -> None:
    await desk.put(Waiting(0), Waiting(1))
    page = await desk.log_in("amina")
    await take_next(page)
    await page.clock.install()
    await page.keyboard.press("a")
    await page.wait_for_url("**/cases/cas_1")
    await settled(page)
    await expect(page.locator(".undo")).to_contain_text("No violation")
    await page.clock.run_for(59_000)
    await expect(page.locator(".undo")).to_be_visible()
    await page.clock.run_for(3_000)
    await expect(page.locator(".undo")).to_be_hidden()


async def test_two_browsers_never_have_the_same_case(desk: Desk) -> None:
    await desk.put(Waiting(0), Waiting(1))
    amina, bilal = await desk.log_in("amina"), await desk.log_in("bilal")
    first = await take_next(amina)
    assert await take_next(bilal) != first
    await bilal.goto(first)
    await expect(bilal.locator(".panel.decide")).to_contain_text("Amina is working on it now")
    await expect(bilal.locator("#viewers")).to_contain_text("1 other has this open: Amina.")
    await expect(bilal.locator("#decide")).to_have_count(0)


async def test_who_looks_at_a_case_is_told_when_it_is_taken_and_decided(desk: Desk) -> None:
    await desk.put(Waiting(0), Waiting(1))
    amina, bilal = await desk.log_in("amina"), await desk.log_in("bilal")
    await bilal.clock.install()
    await bilal.goto(f"{desk.url}/cases/cas_0")
    await take_next(amina)
    await bilal.clock.run_for(16_000)
    await expect(bilal.locator("#notice")).to_contain_text("Amina\u2069 has just taken this case")
    await amina.keyboard.press("r")
    await amina.wait_for_url("**/cases/cas_1")
    await bilal.clock.run_for(16_000)
    await expect(bilal.locator("#notice")).to_contain_text("just decided this case: Removed.")


async def test_a_lost_lease_keeps_what_was_typed_and_says_who_has_it(desk: Desk) -> None:
    await desk.put(Waiting(0))
    amina, bilal = await desk.log_in("amina"), await desk.log_in("bilal")
    address = await take_next(amina)
    await amina.fill("#reason", "Half a sentence")
    await take_over(desk, bilal, address)
    await amina.click("[data-act=strong]")
    await expect(amina.locator("[data-kept]")).to_contain_text("Bilal has it now")
    await expect(amina.locator("#kept-reason")).to_have_value("Half a sentence")


async def test_who_comes_too_late_reads_who_decided_what(desk: Desk) -> None:
    await desk.put(Waiting(0))
    amina, bilal = await desk.log_in("amina"), await desk.log_in("bilal")
    address = await take_next(amina)
    await amina.fill("#reason", "Half a sentence")
    await take_over(desk, bilal, address)
    await bilal.keyboard.press("x")
    await bilal.keyboard.press("r")
    await bilal.wait_for_url("**/queues/threats/empty")
    async with amina.expect_response("**/decide") as answer:
        await amina.click("[data-act=strong]")
    assert (await answer.value).status == 409
    said = "Bilal has decided it: Removed. Suspended."
    await expect(amina.locator("[data-kept]")).to_contain_text(said)
    await expect(amina.locator("#kept-reason")).to_have_value("Half a sentence")


async def test_the_time_that_is_left_is_shown_and_its_end_is_told(desk: Desk) -> None:
    await desk.put(Waiting(0))
    page = await desk.log_in("amina")
    await take_next(page)
    await page.reload()
    await page.clock.install()
    await page.reload()
    await page.fill("#reason", "Half a sentence")
    await desk.run(END_LEASES)
    await page.clock.run_for(21_000)
    await expect(page.locator("#notice")).to_contain_text("Your time with it ran out")
    await expect(page.locator("[data-act=strong]")).to_be_disabled()
    await page.click("#notice a")
    await expect(page.locator("#kept-reason")).to_have_value("Half a sentence")
    await page.click("[data-act=claim]")
    await expect(page.locator("#reason")).to_have_value("Half a sentence")


async def test_content_that_changed_meanwhile_is_shown_again_with_the_draft(desk: Desk) -> None:
    await desk.put(Waiting(0))
    page = await desk.log_in("amina")
    await take_next(page)
    await page.fill("#reason", "Half a sentence")
    await desk.run("update cases set content_digest = 'another'")
    await page.keyboard.press("Escape")
    await page.keyboard.press("r")
    await expect(page.locator("[data-kept]")).to_contain_text("The content changed")
    await expect(page.locator("#reason")).to_have_value("Half a sentence")
    await expect(page.locator("[data-lease]")).to_be_visible()


async def test_an_appeal_is_overturned_by_another_reviewer(desk: Desk) -> None:
    await desk.put(Waiting(0))
    bilal, cora = await desk.log_in("bilal"), await desk.log_in("cora")
    await take_next(bilal)
    await bilal.keyboard.press("r")
    await bilal.wait_for_url("**/queues/threats/empty")
    decision = str(await desk.one("select decision_id from decisions"))
    async with desk.database.as_worker() as session:
        await appeal(session, decision, "It was a line of a poem.")
    await desk.run("delete from outbox")
    await bilal.goto(f"{desk.url}/appeals/app_1")
    await expect(bilal.locator("#decide")).to_have_count(0)
    await cora.reload()
    await take_next(cora, "appeals")
    await expect(cora.locator(".panel.decide")).to_contain_text("It was a line of a poem.")
    await expect(cora.locator(".panel.decide")).not_to_contain_text("Bilal")
    await cora.keyboard.press("w")
    await cora.keyboard.type("A poem indeed.")
    await cora.keyboard.press("Escape")
    await cora.keyboard.press("y")
    await cora.wait_for_url("**/queues/appeals/empty")
    told = await desk.one("select outcome || outcome_by || outcome_reason from appeals")
    assert told == "overturnedrev_coraA poem indeed."
    await cora.goto(f"{desk.url}/cases/cas_0")
    await expect(cora.locator(".panel.decide")).to_contain_text("reversed")


async def test_a_case_is_given_to_a_colleague_who_finds_it_in_their_hands(desk: Desk) -> None:
    await desk.put(Waiting(0))
    amina, bilal = await desk.log_in("amina"), await desk.log_in("bilal")
    await take_next(amina)
    await amina.keyboard.press("t")
    await amina.select_option("#assign-to", label="Bilal")
    await amina.click("#assign-form .strong")
    await amina.wait_for_url("**/queues/threats/*")
    await bilal.goto(f"{desk.url}/work")
    await expect(bilal.locator("section:has(#work-assigned)")).to_contain_text("north_gate_7")


async def take_over(desk: Desk, page: Page, address: str) -> None:
    """The lease on it ends, and another takes it."""
    await desk.run(END_LEASES)
    await page.goto(address)
    await page.click("[data-act=claim]")
    await page.wait_for_selector("[data-lease]")
    await settled(page)

"""The desk as a reviewer uses it."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from services.review.database.engine import Database
from tests.browser.conftest import Desk, settled, take_next


async def test_a_case_is_decided_by_keyboard_alone_and_taken_back(desk: Desk) -> None:
    page = await desk.log_in("amina")
    for _ in range(12):
        await page.keyboard.press("j")
        if await page.locator("#queue-threats.at").count():
            break
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/cases/cas_0")
    await settled(page)
    await page.keyboard.press("r")
    await page.wait_for_url("**/cases/cas_1")
    await settled(page)
    await expect(page.locator("h1")).to_be_focused()
    await expect(page.locator(".undo")).to_contain_text("Removed")
    await page.keyboard.press("z")
    await page.wait_for_url("**/cases/cas_0")
    await settled(page)
    await expect(page.locator("[data-lease]")).to_be_visible()


async def test_two_browsers_never_have_the_same_case(desk: Desk) -> None:
    amina, bilal = await desk.log_in("amina"), await desk.log_in("bilal")
    first = await take_next(amina)
    assert await take_next(bilal) != first
    await bilal.goto(first)
    await expect(bilal.locator(".panel.decide")).to_contain_text("Amina is working on it now")
    await expect(bilal.locator("#decide")).to_have_count(0)


async def test_a_lost_lease_keeps_what_was_typed_and_says_who_has_it(desk: Desk) -> None:
    amina, bilal = await desk.log_in("amina"), await desk.log_in("bilal")
    address = await take_next(amina)
    await amina.fill("#reason", "Half a sentence")
    database = Database(desk.database_url)
    async with database.as_worker() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(
            "update queue_entries set lease_expires_at = now() - interval '1 minute'"
            " where lease_owner = 'rev_amina'"
        )
    await database.close()
    await bilal.goto(address)
    await bilal.click("[data-act=claim]")
    await bilal.wait_for_selector("[data-lease]")
    await amina.click("[data-act=strong]")
    await expect(amina.locator("[data-kept]")).to_contain_text("Bilal")
    await expect(amina.locator("#kept-reason")).to_have_value("Half a sentence")


async def test_the_desk_in_urdu_is_mirrored_and_has_room_for_its_script(desk: Desk) -> None:
    page = await desk.log_in("amina")
    await page.click(".me summary")
    await page.click("button[value=ur]")
    await page.wait_for_selector("html[lang=ur][dir=rtl]")
    await take_next(page)
    reports = await page.locator(".panel.reports").bounding_box()
    decide = await page.locator(".panel.decide").bounding_box()
    assert reports is not None
    assert decide is not None
    assert reports["x"] > decide["x"]
    ratio = await page.locator(".post").evaluate(
        "e => parseFloat(getComputedStyle(e).lineHeight) / parseFloat(getComputedStyle(e).fontSize)"
    )
    assert ratio >= 2
    assert await page.locator(".token").first.text_content() == "RLO"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_no_page_breaks_a_rule_of_accessibility(desk: Desk, *, dark: bool) -> None:
    page = await desk.log_in("amina", dark=dark)
    await take_next(page)
    pages = [page.url, *(f"{desk.url}{path}" for path in ("/queues", "/work", "/search?q=gate"))]
    for address in [*pages, f"{desk.url}/queues/threats/empty", f"{desk.url}/cases/cas_2"]:
        await page.goto(address)
        found = await Axe().run(page)
        assert found.violations_count == 0, f"{address}: {found.generate_report()}"

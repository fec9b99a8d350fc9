"""Keys act where they should and nowhere else."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Desk, settled, take_next
from tests.builders.review_rows import Waiting


async def decided(desk: Desk) -> int:
    found = await desk.one("select count(*) from decisions")
    assert isinstance(found, int)
    return found


async def test_keys_are_dead_in_fields_with_modifiers_and_under_an_overlay(desk: Desk) -> None:
    await desk.put(Waiting(0))
    page = await desk.log_in("amina")
    address = await take_next(page)
    for field in ("#reason", "#note", ".bar input[type=search]"):
        await page.fill(field, "")
        await page.keyboard.type("rae1z")
        await expect(page.locator(field)).to_have_value("rae1z")
        await page.keyboard.press("Escape")
    for keys in ("Control+a", "Alt+r", "Meta+r", "Control+e", "Shift+R"):
        await page.keyboard.press(keys)
    await page.keyboard.press("o")
    await page.keyboard.press("r")
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await page.keyboard.press("r")
    await page.keyboard.press("Escape")
    assert page.url == address
    assert await decided(desk) == 0
    await page.keyboard.press("r")
    await page.wait_for_url("**/queues/threats/empty")
    assert await decided(desk) == 1


async def test_keys_hold_by_their_place_on_an_urdu_keyboard(desk: Desk) -> None:
    await desk.put(Waiting(0))
    page = await desk.log_in("amina", language="ur")
    await take_next(page)
    await page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'ر', code: 'KeyR', bubbles: true, cancelable: true}))"
    )
    await page.wait_for_url("**/queues/threats/empty")
    assert await decided(desk) == 1


async def test_keys_can_be_switched_off_and_set_otherwise(desk: Desk) -> None:
    await desk.put(Waiting(0))
    page = await desk.log_in("amina")
    await page.goto(f"{desk.url}/settings")
    await page.fill("#key-strong", "q")
    await page.click("form .strong")
    await page.wait_for_url("**/settings?saved=1")
    await page.goto(f"{desk.url}/queues")
    await take_next(page)
    strong = page.locator("[data-act=strong]")
    await expect(strong).to_have_attribute("aria-keyshortcuts", "q")
    await expect(strong.locator("kbd")).to_have_text("q")
    await page.keyboard.press("r")
    await page.goto(f"{desk.url}/settings")
    await page.uncheck("[name=keys_on]")
    await page.click("form .strong")
    await page.wait_for_url("**/settings?saved=1")
    await page.goto(f"{desk.url}/cases/cas_0")
    await expect(page.locator("kbd[data-cap]:not([data-cap=palette])")).to_have_count(0)
    await expect(page.locator("[aria-keyshortcuts=q]")).to_have_count(0)
    await page.keyboard.press("q")
    await settled(page)
    assert await decided(desk) == 0


async def test_a_key_that_is_taken_is_refused_beside_its_field(desk: Desk) -> None:
    page = await desk.log_in("amina")
    await page.goto(f"{desk.url}/settings")
    await page.fill("#key-no_violation", "r")
    await page.click("form .strong")
    await expect(page.locator("#wrong-no_violation")).to_have_text("Taken on the same page")
    assert await desk.one("select count(*) from desk_preferences") == 0


async def test_the_legend_names_every_key_and_the_palette_does_what_is_chosen(desk: Desk) -> None:
    await desk.put(Waiting(0))
    page = await desk.log_in("amina")
    await take_next(page)
    await page.keyboard.press("?")
    await expect(page.locator("#legend li:visible")).to_have_count(
        await page.locator("#legend li").count()
    )
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+k")
    await expect(page.locator("#legend-filter")).to_be_focused()
    await expect(page.locator("#legend li[data-binding=claim]")).to_be_hidden()
    await page.keyboard.type("queues")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/queues")


async def test_tab_goes_from_action_to_policy_to_reason_to_submit_to_context(desk: Desk) -> None:
    await desk.put(Waiting(0))
    page = await desk.log_in("amina")
    await take_next(page)
    seen = [await focused(page) for _ in range(40) if await press_tab(page)]
    wanted = ["strong", "no_violation", "policy", "reason", "submit", "content"]
    assert [place for place in seen[: seen.index("content") + 1] if place in wanted] == wanted


async def press_tab(page: Page) -> bool:
    await page.keyboard.press("Tab")
    return True


async def focused(page: Page) -> str:
    found = await page.evaluate(
        "(() => { const e = document.activeElement;"
        " return e.matches('.panel.content') ? 'content' : e.matches('[data-submit]') ? 'submit'"
        " : e.name === 'policy' ? 'policy' : e.matches('summary') ? '' : e.dataset.act; })()"
    )
    return str(found)


@pytest.mark.parametrize("path", ["/queues", "/cases/cas_0"])
async def test_every_button_with_a_key_says_so_to_screen_readers(desk: Desk, path: str) -> None:
    await desk.put(Waiting(0))
    page = await desk.log_in("amina")
    await take_next(page)
    await page.goto(f"{desk.url}{path}")
    silent = await page.evaluate(
        "[...document.querySelectorAll('#desk kbd[data-cap]')]"
        ".map((cap) => [cap, cap.closest('[data-act], label, p, span')])"
        ".filter(([cap, on]) => on?.matches('[data-act]') && !cap.textContent.includes(' ')"
        " && !on.hasAttribute('aria-keyshortcuts')).map(([cap]) => cap.dataset.cap)"
    )
    assert silent == []

"""Every page and main state, in both directions and both colour schemes, breaks no rule of
accessibility, fits its screen, and loads nothing that the policy forbids (the desk's complaints).
"""

import pytest
from axe_playwright_python.async_playwright import Axe
from axe_playwright_python.base import AxeResults
from playwright.async_api import Page, expect
from pydantic import JsonValue

from tests.browser.conftest import Desk, take_next
from tests.builders.review_rows import AUTHOR, URDU, Waiting, appeal

FACTORS: list[dict[str, JsonValue]] = [
    {"name": name, "value": value, "sentence": name}
    for name, value in (("violation", 0.9), ("severity", 90), ("reach", 4100), ("reporters", 11))
]
POST: dict[str, JsonValue] = {"author_id": "x:user:9", "text": URDU}
FULL = Waiting(
    0,
    text=URDU * 3,
    media=[{"kind": "image", "ocr_text": URDU}, {"kind": "video", "transcript": "We meet."}],
    context={"parent": POST, "quoted": POST, "thread": [POST]},
    author={**AUTHOR, "country": "PK", "followers": 21_400, "created_at": "2026-11-01T00:00:00Z"},
    reports=["Please look.", URDU, "Again.", "More.", "Most."],
    factors=FACTORS,
)
AXE = Axe()
VIOLATIONS = {"resultTypes": ["violations"]}  # of the rest no list is made
# What the colour scheme can break.
COLOURS = {**VIOLATIONS, "runOnly": ["color-contrast", "link-in-text-block"]}


@pytest.mark.parametrize(("language", "small"), [("en", False), ("ur", True)])
async def test_no_page_or_state_breaks_a_rule_of_accessibility(
    desk: Desk, *, language: str, small: bool
) -> None:
    await stage(desk)
    visitor = await desk.open(language=language, small=small)
    await visitor.goto(f"{desk.url}/login")
    await look(visitor)
    await visitor.fill("#email", "nobody@example.org")
    await visitor.fill("#password", "wrong")
    await visitor.keyboard.press("Enter")
    await visitor.wait_for_selector(".problem")
    await look(visitor)

    page = await desk.log_in("cora", language=language, small=small)
    await look(page)
    await take_next(page, "threats")
    await look(page)
    await page.evaluate("document.querySelectorAll('details').forEach((e) => (e.open = true))")
    await look(page)
    await page.evaluate("document.querySelectorAll('details').forEach((e) => (e.open = false))")
    for overlay in ("escalate", "hold", "skip", "assign", "other"):
        await page.evaluate(f"document.querySelector('#{overlay}-form').showPopover()")
        await look(page)
        await page.evaluate(f"document.querySelector('#{overlay}-form').hidePopover()")
    await page.evaluate("document.querySelector('#legend').showModal()")
    await look(page)
    await page.goto(f"{desk.url}/queues")
    await take_next(page, "appeals")
    await look(page)
    for path in (
        "/cases/cas_1",  # decided
        "/cases/cas_2",  # in another's hands
        "/cases/cas_3",  # free
        "/work",
        "/search",
        "/search?q=gate",
        "/search?q=nothing-like-it",
        "/settings",
        "/queues/threats/empty",
        "/queues/threats/all_leased",
        "/queues/threats/not_eligible",
        "/nowhere",
        "/decisions/dec_none/undo",
    ):
        await page.goto(f"{desk.url}{path}")
        await look(page)
    await page.goto(f"{desk.url}/cases/cas_3")
    await page.click("[data-act=claim]")
    await page.wait_for_selector("[data-lease]")
    await page.click(".strong:is([data-act=strong], .thumb *):visible")
    await page.wait_for_selector(".undo")
    await look(page)


async def stage(desk: Desk) -> None:
    """A full case to take, one decided and appealed against, one in another's hands, one free."""
    await desk.put(FULL, Waiting(10, cluster=0), Waiting(3, queue="other", policy="other"))
    await desk.put(
        Waiting(1, queue="hate", policy="hate"), Waiting(2, queue="fraud", policy="fraud")
    )
    bilal = await desk.log_in("bilal")
    await take_next(bilal, "hate")
    await bilal.keyboard.press("r")
    await bilal.wait_for_url("**/queues/hate/empty")
    async with desk.database.as_worker() as session:
        await appeal(
            session, str(await desk.one("select decision_id from decisions")), "It was a poem."
        )
    await desk.run("delete from outbox")
    await bilal.goto(f"{desk.url}/queues")
    await take_next(bilal, "fraud")


async def look(page: Page) -> None:
    """Where it is now: no rule broken, nothing beyond the edge."""
    await expect(page.locator("h1")).to_have_count(1)
    over = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert over <= 0, f"{page.url} is {over} px too wide"
    await page.emulate_media(color_scheme="dark")
    dark = await judged(page, COLOURS)
    await page.emulate_media(color_scheme="light")
    light = await judged(page, VIOLATIONS)
    for found in (dark, light):
        assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"


async def judged(page: Page, options: dict[str, list[str]]) -> AxeResults:
    """As `Axe.run`, which gives every page the half megabyte of its script again and again."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.axe_script)
    return AxeResults(await page.evaluate("options => axe.run(document, options)", options))


async def test_a_small_screen_keeps_the_likeliest_actions_at_its_bottom_edge(desk: Desk) -> None:
    await desk.put(FULL)
    page = await desk.log_in("amina", small=True)
    await take_next(page)
    bar = await page.locator(".thumb").bounding_box()
    assert bar is not None
    assert round(bar["y"] + bar["height"]) == 844
    heights = await page.locator(":is(.thumb, .cover) .button:visible").evaluate_all(
        "all => all.map((e) => e.getBoundingClientRect().height)"
    )
    assert min(heights) >= 44
    await expect(page.locator("[data-act=hold]")).to_be_hidden()
    await page.click(".thumb [href='#panel']")
    await expect(page.locator("[data-act=hold]")).to_be_visible()

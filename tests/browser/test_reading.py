"""What is read at the desk: other people's text and media, in every script, under every state."""

from playwright.async_api import expect
from pydantic import JsonValue

from tests.browser.conftest import Desk, take_next
from tests.builders.review_rows import AUTHOR, Waiting

ZALGO = "Z" + "\u0337\u0322\u031b\u0353\u0333\u031c\u0348\u0301\u0357" * 20
HOSTILE = (
    "</p><script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>"
    f" \u202egnp.exe\u202c bo\u200bmb {ZALGO} {{{{7*7}}}} <hx-partial hx-get=/logout>"
)


async def test_hostile_text_executes_nothing_and_hides_nothing(desk: Desk) -> None:
    author = {**AUTHOR, "handle": HOSTILE, "display_name": HOSTILE, "bio": HOSTILE}
    context: dict[str, JsonValue] = {"parent": {"author_id": HOSTILE, "text": HOSTILE}}
    content: dict[str, JsonValue] = {"links": [HOSTILE]}
    await desk.put(
        Waiting(
            0, text=HOSTILE, author=author, context=context, content=content, reports=[HOSTILE]
        ),
        Waiting(1, cluster=0, text=HOSTILE, author=author),
    )
    page = await desk.log_in("amina")
    await take_next(page)
    for address in (page.url, f"{desk.url}/work", f"{desk.url}/search?q=script"):
        await page.goto(address)
        foreign = "main :is(script, img[src=x], svg[onload], hx-partial)"
        await expect(page.locator(foreign)).to_have_count(0)
        await expect(page.locator("main")).to_contain_text("<script>alert(1)</script>")
        shown = await page.locator("main").inner_text()
        assert not {"\u202e", "\u202c", "\u200b"}.intersection(shown)
    await page.goto(f"{desk.url}/cases/cas_0")
    tokens = await page.locator(".post .token").all_text_contents()
    assert tokens == ["RLO", "PDF", "ZWSP"]
    clipped = await page.locator(".post").evaluate("e => getComputedStyle(e).overflowY")
    assert clipped == "clip"


async def test_media_is_covered_and_is_not_even_fetched_before_it_is_asked_for(desk: Desk) -> None:
    media = [
        {"kind": "image", "url": f"{desk.media_url}/one"},
        {"kind": "video", "url": f"{desk.media_url}/two"},
        {"kind": "image", "url": "https://elsewhere.example/three"},
    ]
    await desk.put(Waiting(0, media=media))
    page = await desk.log_in("amina")
    await take_next(page)
    picture = page.locator(".cover img")
    await expect(picture).to_be_hidden()
    await page.wait_for_load_state("networkidle")
    assert desk.fetched == []
    async with page.expect_response(f"{desk.media_url}/one"):
        await page.keyboard.press("v")
    await expect(picture).to_be_visible()
    await expect(picture).to_have_css("filter", "blur(20px) grayscale(1)")
    await page.locator(".cover [data-term=grey]").first.uncheck()
    await expect(picture).to_have_css("filter", "blur(20px) grayscale(0)")
    await page.locator(".cover [data-term=blur]").first.uncheck()
    await expect(picture).to_have_css("filter", "blur(0px) grayscale(0)")
    video = page.locator(".cover video")
    assert await video.evaluate("e => e.muted && e.paused && !e.autoplay")
    await page.locator(".cover [data-term=mute]").uncheck()
    assert not await video.evaluate("e => e.muted")
    await page.keyboard.press("v")
    await expect(picture).to_be_hidden()
    assert set(desk.fetched) == {"/one"}


async def test_a_reader_sets_each_term_of_media_for_themselves(desk: Desk) -> None:
    await desk.put(Waiting(0, media=[{"kind": "image", "url": f"{desk.media_url}/one"}]))
    page = await desk.log_in("amina")
    await page.goto(f"{desk.url}/settings")
    await page.uncheck("[name=grey]")
    await page.click("form .strong")
    await page.wait_for_url("**/settings?saved=1")
    await page.goto(f"{desk.url}/queues")
    await take_next(page)
    await page.keyboard.press("v")
    await expect(page.locator(".cover img")).to_have_css("filter", "blur(20px) grayscale(0)")


async def test_the_desk_in_urdu_is_mirrored_and_has_room_for_its_script(desk: Desk) -> None:
    await desk.put(Waiting(0, reports=["یہ شخص دھمکی دے رہا ہے۔", "Please look."]))
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
    height = (
        "e => parseFloat(getComputedStyle(e).lineHeight) / parseFloat(getComputedStyle(e).fontSize)"
    )
    assert await page.locator(".post").evaluate(height) >= 2
    urdu, english = page.locator(".reports p[lang=ur]"), page.locator(".reports p[lang=en]")
    assert await urdu.evaluate(height) >= 2
    assert await english.evaluate(height) < 2
    assert await english.evaluate("e => getComputedStyle(e).direction") == "ltr"
    keys = page.locator(".decide kbd")
    assert set(await keys.evaluate_all("all => all.map((e) => getComputedStyle(e).direction)")) == {
        "ltr"
    }


async def test_the_next_case_appears_in_place(desk: Desk) -> None:
    await desk.put(Waiting(0, reports=["One."] * 5), Waiting(1, text="short", language="en"))
    page = await desk.log_in("amina")
    await take_next(page)
    places = ("h1", ".post", "[data-act=strong]", "[data-act=no_violation]")
    tops = "all => all.map((e) => Math.round(e.getBoundingClientRect().top))"
    before = [await page.locator(place).evaluate_all(tops) for place in places]
    await page.keyboard.press("r")
    await page.wait_for_url("**/cases/cas_1")
    assert [await page.locator(place).evaluate_all(tops) for place in places] == before


async def test_the_queues_count_by_themselves_and_say_when_they_no_longer_do(desk: Desk) -> None:
    await desk.put(Waiting(0))
    page = await desk.log_in("amina")
    waiting = page.locator("#queue-threats td.number").first
    await expect(waiting).to_have_text("1")
    await desk.put(Waiting(1))
    await expect(waiting).to_have_text("2", timeout=15_000)
    await expect(page.locator("#queue-threats svg title")).to_have_text(
        "2 under 24 hours, 0 under 48, 0 longer"
    )
    await page.route("**/queues/live", lambda route: route.fulfill(status=503))
    await page.reload()
    await expect(page.locator("#notice")).to_contain_text("These numbers stand still")
    await expect(page.locator("#notice")).to_contain_text("Counted at")
    await page.unroute("**/queues/live")
    await expect(page.locator("#notice")).to_be_hidden(timeout=20_000)
    desk.complaints[:] = [said for said in desk.complaints if "503" not in said]

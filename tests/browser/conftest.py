"""The real desk over a real database, and browsers to sit before it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from pydantic import SecretStr

from deploy.local.launch import free_port
from services.review.app import create_app
from services.review.database.engine import Database
from services.review.settings import Settings
from tests.builders.review_rows import PASSWORD, fill
from tests.waiting import eventually_true


@dataclass
class Desk:
    """`complaints` are what browsers wrote to their consoles: nothing, all being well."""

    url: str
    browser: Browser
    database_url: str
    complaints: list[str] = field(default_factory=list)

    async def log_in(self, name: str, **context: object) -> Page:
        """A browser of its own for that person, at the list of queues."""
        opened: BrowserContext = await self.browser.new_context(
            locale=str(context.get("locale", "en-GB")),
            color_scheme="dark" if context.get("dark") else "light",
            reduced_motion="reduce",
        )
        page = await opened.new_page()
        page.on("console", lambda said: self._hear(said.type, said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.goto(f"{self.url}/login")
        await page.fill("#email", f"{name}@example.org")
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/queues")
        await page.wait_for_selector("html[data-ready]")
        return page

    def _hear(self, kind: str, said: str) -> None:
        if kind in {"error", "warning"} and "409" not in said:
            self.complaints.append(said)


async def take_next(page: Page) -> str:
    """Takes the next case of `threats`; its address."""
    await page.click("#queue-threats button")
    await page.wait_for_url("**/cases/*")
    await page.wait_for_selector("[data-lease]")
    return page.url


async def settled(page: Page) -> None:
    """The answer that is under way has arrived."""
    await page.wait_for_selector("body:not([data-busy])")


@pytest.fixture
def desk_url(database_url: str) -> Iterator[str]:
    """The review application, served from a thread."""
    port = free_port()
    settings = Settings(
        database_url=SecretStr(database_url),
        cursor_key=SecretStr("a key for tests only"),
        undo_seconds=60,
    )
    database = Database(database_url)
    config = uvicorn.Config(
        create_app(settings, database),
        port=port,
        log_config=None,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)

    def serve() -> None:
        async def run() -> None:
            await server.serve()
            await database.close()

        asyncio.run(run())

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        eventually_true(lambda: server.started, what="the desk is up")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(15)


@pytest.fixture
async def desk(desk_url: str, database_url: str) -> AsyncIterator[Desk]:
    database = Database(database_url)
    async with database.as_worker() as session:
        await fill(session, cases=3)
    await database.close()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium")
        found = Desk(desk_url, browser, database_url)
        yield found
        await browser.close()
    assert found.complaints == []

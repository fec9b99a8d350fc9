"""The real desk over a real database, and a browser to sit before it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, Page, async_playwright
from pydantic import SecretStr
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from services.review.database.engine import Database
from services.review.settings import Settings
from tests.builders.applications import application
from tests.builders.quick_hashes import quick_hashes
from tests.builders.review_rows import PASSWORD, Waiting, put, settle
from tests.ports import free_port
from tests.real_parts import tool
from tests.waiting import eventually_true

# The browser itself says so of every answer that is no 2xx: a 409 page, a 404 page.
OF_STATUS = "Failed to load resource: the server responded with a status of 4"
PICTURE = (
    """<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>"""
)


@dataclass
class Desk:
    """`complaints` are what browsers wrote to their consoles, violations of the content policy
    among them: nothing, all being well. `fetched` are the addresses of media that they loaded.
    """

    url: str
    media_url: str
    browser: Browser
    database: Database
    complaints: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    async def open(self, *, language: str = "en", small: bool = False) -> Page:
        """A browser of its own."""
        size = (390, 844) if small else (1440, 900)
        opened = await self.browser.new_context(
            locale="en-GB",
            reduced_motion="reduce",
            viewport={"width": size[0], "height": size[1]},
            has_touch=small,
            is_mobile=small,
        )
        opened.set_default_timeout(30_000)
        await opened.add_cookies([{"name": "mizan_locale", "value": language, "url": self.url}])
        page = await opened.new_page()
        page.on("console", lambda said: self._hear(said.type, said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self._watch(request.url))
        return page

    async def log_in(self, name: str, *, language: str = "en", small: bool = False) -> Page:
        """A browser of its own for that person, at the list of queues."""
        page = await self.open(language=language, small=small)
        await page.goto(f"{self.url}/login")
        await page.fill("#email", f"{name}@example.org")
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/queues")
        await page.wait_for_selector("html[data-ready]")
        return page

    async def put(self, *cases: Waiting) -> None:
        async with self.database.as_worker() as session:
            for case in cases:
                await put(session, case)

    async def run(self, statement: str) -> None:
        async with self.database.as_worker() as session:
            await session.execute(text(statement))

    async def one(self, query: str) -> object:
        async with self.database.as_worker() as session:
            return (await session.execute(text(query))).scalar_one()

    def _hear(self, kind: str, said: str) -> None:
        if kind in {"error", "warning"} and not said.startswith(OF_STATUS):
            self.complaints.append(said)

    def _watch(self, url: str) -> None:
        if url.startswith(self.media_url):
            self.fetched.append(url.removeprefix(self.media_url))


async def take_next(page: Page, queue: str = "threats") -> str:
    """Takes the next of the queue; its address."""
    await page.click(f"#queue-{queue} button")
    await page.wait_for_selector("[data-lease]")
    await settled(page)
    return page.url


async def settled(page: Page) -> None:
    """The answer that is under way has arrived."""
    await page.wait_for_selector("body:not([data-busy])")


@pytest.fixture
def media_url() -> Iterator[str]:
    """A platform's address of pictures."""
    picture = Response(PICTURE, media_type="image/svg+xml")
    with served(Starlette(routes=[Route("/{name}", lambda _: picture)])) as url:
        yield url


@pytest.fixture
def desk_url(database_url: str, media_url: str) -> Iterator[str]:
    """The review application."""
    settings = Settings(
        database_url=SecretStr(database_url),
        cursor_key=SecretStr("a key for tests only"),
        undo_seconds=60,
        media_origins=media_url,
    )
    database = Database(database_url)
    with served(application(settings, database), database) as url:
        yield url


@contextmanager
def served(app: ASGIApp, database: Database | None = None) -> Iterator[str]:
    """Its address; it is served from a thread with a loop of its own."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    )

    async def run() -> None:
        await server.serve()
        if database is not None:
            await database.close()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        eventually_true(lambda: server.started, what="the desk is up")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(15)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One loop for all: a browser serves the loop alone that started it."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session", autouse=True)
def cheap_log_ins() -> Iterator[None]:
    with quick_hashes():
        yield


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, for all tests; what one does in a context of its own no other sees."""
    async with async_playwright() as playwright:
        program = tool("chromium-headless-shell", "chromium")
        started = await playwright.chromium.launch(executable_path=program)
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="session")
async def desk(
    browser: Browser, desk_url: str, media_url: str, database_url: str
) -> AsyncIterator[Desk]:
    """With people and queues; cases are put by each test."""
    database = Database(database_url)
    async with database.as_worker() as session:
        await settle(session)
    found = Desk(desk_url, media_url, browser, database)
    yield found
    for context in browser.contexts:
        await context.close()
    await database.close()
    assert found.complaints == []

"""Whatever goes wrong behind a page, the reader gets a page that says what."""

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, FastAPI
from prometheus_client import REGISTRY
from sqlalchemy.exc import DBAPIError, ProgrammingError

from services.review.desk.failures import DeskRoute, install_pages
from services.review.errors import Forbidden
from services.review.http_shell import Shell
from services.review.problems import install_problems


def wrong_query() -> Exception:
    return ProgrammingError("select nothing", {}, asyncpg.UndefinedColumnError("no such column"))


def deadlock() -> Exception:
    return DBAPIError("update", {}, asyncpg.DeadlockDetectedError("deadlock"))


def cut_off() -> Exception:
    return DBAPIError("select 1", {}, OSError("gone"), connection_invalidated=True)


async def answer(
    raised: Exception | None, path: str = "/page", accept: str = "text/html"
) -> httpx.Response:
    app = FastAPI()
    install_problems(app)
    install_pages(app)
    router = APIRouter(route_class=DeskRoute)

    @router.get("/page")
    async def page() -> None:
        if raised is not None:
            raise raised

    app.include_router(router)
    app.add_middleware(Shell)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        return await client.get(path, headers={"accept": accept, "x-request-id": "req_known"})


@pytest.mark.parametrize("error", [deadlock(), cut_off(), ConnectionRefusedError()])
async def test_trouble_with_the_connection_asks_to_try_again(error: Exception) -> None:
    found = await answer(error)
    assert found.status_code == 503
    assert "The database does not answer" in found.text


async def test_a_wrong_query_is_our_mistake_and_names_its_request() -> None:
    found = await answer(wrong_query())
    assert found.status_code == 500
    assert "This is our mistake" in found.text
    assert "req_known" in found.text


async def test_a_refusal_is_a_page_too() -> None:
    found = await answer(Forbidden("no_right", "No."))
    assert found.status_code == 403
    assert 'id="desk"' in found.text


async def test_an_address_that_nobody_serves_is_a_page_for_browsers_alone() -> None:
    assert 'id="desk"' in (await answer(None, "/nowhere")).text
    for_program = await answer(None, "/v1/nowhere")
    assert for_program.headers["content-type"] == "application/problem+json"
    assert (await answer(None, "/nowhere", "application/json")).json()["code"] == "not_found"


def seen(outcome: str, surface: str = "desk") -> float:
    labels = {"surface": surface, "outcome": outcome}
    return REGISTRY.get_sample_value("mizan_review_request_seconds_count", labels) or 0.0


async def test_a_request_is_counted_once_by_who_asked_and_how_it_ended() -> None:
    before = {outcome: seen(outcome) for outcome in ("done", "refused", "failed")}
    platforms = seen("refused", "platforms")
    await answer(None)
    await answer(Forbidden("no_right", "No."))
    await answer(wrong_query())
    await answer(None, "/v1/nowhere")
    assert {outcome: seen(outcome) - count for outcome, count in before.items()} == {
        "done": 1,
        "refused": 1,
        "failed": 1,
    }
    assert seen("refused", "platforms") - platforms == 1

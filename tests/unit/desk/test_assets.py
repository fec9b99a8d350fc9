"""Browsers run the scripts of others as they were tried, and no others."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from services.review.desk.assets import (
    SCRIPTS,
    BadAsset,
    carrier_folder,
    check_scripts,
    versioned,
)
from services.review.desk.pages import add_desk


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = FastAPI()
    add_desk(app)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk")


@pytest.mark.parametrize("name", [f"vendor/{name}" for name in SCRIPTS] + ["desk.css"])
async def test_a_file_is_served_at_its_versioned_address_and_kept(
    client: httpx.AsyncClient, name: str
) -> None:
    answer = await client.get(versioned(name))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]


async def test_nothing_else_of_the_package_is_served(client: httpx.AsyncClient) -> None:
    beside = next(path.name for path in carrier_folder().iterdir() if path.name not in SCRIPTS)
    assert (await client.get(f"/static/vendor/{beside}")).status_code == 404
    assert (await client.get("/static/vendor/../desk.css")).status_code == 200


def test_a_script_that_is_not_the_one_that_was_tried_stops_the_start(tmp_path: Path) -> None:
    (name,) = SCRIPTS
    with pytest.raises(BadAsset, match=name):
        check_scripts(tmp_path)
    (tmp_path / name).write_text("something else")
    with pytest.raises(BadAsset, match=name):
        check_scripts(tmp_path)

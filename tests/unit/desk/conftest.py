"""Pages name the scripts of others by their hash, so these must lie where a start puts them."""

import pytest

from services.review.desk.assets import prepare_assets


@pytest.fixture(scope="session", autouse=True)
def _assets() -> None:
    prepare_assets()

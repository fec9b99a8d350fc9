"""One running stack for these tests: each uses ids of its own."""

from collections.abc import Iterator

import pytest

from tests.running_stack import RunningStack


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    stack = RunningStack(tmp_path_factory.mktemp("replay") / "var")
    try:
        stack.start()
        yield stack
    finally:
        stack.clean_up()

"""One running stack for these tests: each uses ids, platforms and queues of its own."""

from collections.abc import Iterator

import pytest

from tests.running_stack import RunningStack


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    made = RunningStack(tmp_path_factory.mktemp("way") / "var", {"MIZAN_UNDO_SECONDS": "1"})
    try:
        made.start()
        yield made
    finally:
        made.clean_up()

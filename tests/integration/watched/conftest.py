"""One stack, watched by one Prometheus, for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.integration.watched.prometheus import Prometheus, watching
from tests.integration.watched.traffic import Traffic
from tests.real_parts import run_apart
from tests.running_stack import RunningStack


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    settings = {"MIZAN_UNDO_SECONDS": "1", "MIZAN_LOG_LEVEL": "debug"}
    made = RunningStack(tmp_path_factory.mktemp("told") / "var", settings)
    try:
        made.start()
        yield made
    finally:
        made.clean_up()


@pytest.fixture(scope="package")
def prometheus(
    stack: RunningStack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    with watching(stack.ready(), tmp_path_factory.mktemp("prometheus")) as made:
        made.until_scraped()
        yield made


@pytest.fixture(scope="package")
def traffic(stack: RunningStack, prometheus: Prometheus) -> Traffic:
    """A little of everything, after Prometheus has seen how it was before."""
    made = Traffic(stack.ready())
    run_apart(made.flow())
    return made

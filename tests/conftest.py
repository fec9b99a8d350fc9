"""What holds for every tier: a skipped test fails the run, and real parts are at hand."""

from collections.abc import Generator

import pytest
from hypothesis import settings

pytest_plugins = ["tests.real_parts"]

settings.register_profile("mizan", deadline=None)  # a slow machine is no failure
settings.load_profile("mizan")

_skipped = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_skipped] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        item.config.stash[_skipped].append(report.nodeid)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.stash[_skipped]:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for name in config.stash[_skipped]:
        terminalreporter.write_line(f"skipped, which counts as failed: {name}", red=True)

"""A log line says what went wrong and where, and never a word of the data.

Each runs in a process of its own: logging is set up once for a process.
"""

import json
import subprocess
import sys

SECRET = "the text of a report"
BEGIN = f"""
import logging
from shared.errors import Permanent
from shared.observability.logging import configure_logging, logger

configure_logging("test", "debug")
log = logger("here")

class OfTheDriver(Exception):
    sqlstate = "22P05"

def fail():
    try:
        raise OfTheDriver("invalid input: {SECRET}")
    except OfTheDriver as error:
        raise ValueError("{SECRET}") from error
"""


def logged(source: str) -> dict[str, object]:
    """The one line that the source logs after `BEGIN`."""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + source], capture_output=True, text=True, check=False
    )
    (line,) = done.stderr.splitlines()
    assert SECRET not in line
    event: dict[str, object] = json.loads(line)
    return event


def test_of_an_error_its_class_its_causes_and_its_way_are_logged() -> None:
    event = logged("""
try:
    fail()
except ValueError:
    log.exception("it_failed", place=3)
""")
    assert (event["event"], event["place"], event["level"]) == ("it_failed", 3, "error")
    assert event["service"] == "test"
    assert event["errors"] == ["ValueError", "OfTheDriver: 22P05"]
    assert str(event["trail"]).endswith(" fail']")


def test_errors_of_our_own_say_what_they_say() -> None:
    event = logged('log.error("it_failed", exc_info=Permanent("reports has 5 partitions"))')
    assert event["errors"] == ["Permanent: reports has 5 partitions"]


def test_errors_that_libraries_log_are_treated_alike() -> None:
    event = logged("""
try:
    fail()
except ValueError:
    logging.getLogger("asyncio").exception("Task exception was never retrieved")
""")
    assert event["errors"] == ["ValueError", "OfTheDriver: 22P05"]


def test_the_first_of_a_group_speaks_for_it() -> None:
    event = logged(f"""
group = ExceptionGroup("{SECRET}", [OSError(28, "No space left on device"), ValueError("x")])
log.error("it_failed", exc_info=group)
""")
    assert event["errors"] == ["ExceptionGroup", "OSError: No space left on device"]


def test_a_crash_is_one_line_too() -> None:
    event = logged("fail()")
    assert (event["event"], event["level"]) == ("crashed", "critical")
    assert event["errors"] == ["ValueError", "OfTheDriver: 22P05"]

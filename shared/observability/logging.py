"""Logs are JSON lines on standard error: an event with a constant name, and facts beside it.

Never in a log: texts of reports, keys, lease tokens, passwords, telephone numbers. The message of
an error may hold any of them (a driver repeats the values it was given), so of an error only its
class and the way it came are logged.
"""

import logging
import sys
import traceback
from pathlib import PurePath
from types import TracebackType

import structlog

from shared.errors import MizanError

LONGEST_TRAIL = 12


def configure_logging(service: str, level: str = "info") -> None:
    """Sends our events and those of libraries to standard error as one JSON object a line."""
    stamps: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        errors_without_values,
    ]
    structlog.configure(
        processors=[*stamps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=stamps,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.EventRenamer("event"),
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("mizan").setLevel(level.upper())
    structlog.contextvars.bind_contextvars(service=service)
    sys.excepthook = _log_crash


def logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """Logger of a module; `name` is the module's."""
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger(f"mizan.{name}")
    return bound


def errors_without_values(
    _: structlog.typing.WrappedLogger, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """In place of `exc_info`: what went wrong and where, without a word of the data."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["errors"] = [_named(cause) for cause in _causes(error)]
        event["trail"] = _trail(error)
    return event


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it came from, the nearest first; of a group the first member."""
    found: list[BaseException] = []
    nearer: BaseException | None = error
    while nearer is not None and nearer not in found:
        found.append(nearer)
        nearer = (
            nearer.exceptions[0]
            if isinstance(nearer, BaseExceptionGroup)
            else nearer.__cause__ or nearer.__context__
        )
    return found


def _named(error: BaseException) -> str:
    """Our own errors are worded without values, and a code of the system is a constant."""
    name = type(error).__qualname__
    if isinstance(error, MizanError):
        return f"{name}: {error}"
    code = getattr(error, "sqlstate", None) or getattr(error, "strerror", None)
    return f"{name}: {code}" if code else name


def _trail(error: BaseException) -> list[str]:
    """Where it was raised, last, and the way there."""
    source = _causes(error)[-1] if isinstance(error, BaseExceptionGroup) else error
    frames = traceback.extract_tb(source.__traceback__)[-LONGEST_TRAIL:]
    return [f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


def _log_crash(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    """An error that nobody caught ends the process, in a line like any other."""
    if issubclass(kind, KeyboardInterrupt):
        return
    logger(__name__).critical("crashed", exc_info=error)

"""What the database says when a start fails, as the one line that an operator reads."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from services.review.database.outage import OF_THE_DRIVER
from shared.errors import Permanent

ROLES_WANTED = (
    "the roles mizan_tenant, mizan_reviewer and mizan_worker have to be made and granted to this"
    " user by an administrator, or the user needs CREATEROLE"
)

NO_RIGHT_TO_ROLES = ("permission denied to create role", "permission denied to grant role")


class DatabaseRefused(Permanent):
    """The database is away, or does not let us do what a start needs."""


@contextmanager
def refusals_in_one_line() -> Iterator[None]:
    """Raises DatabaseRefused in place of the driver's errors; values are never repeated."""
    try:
        yield
    except DBAPIError as error:
        raise DatabaseRefused(_line(error.orig)) from error
    except (OSError, *OF_THE_DRIVER) as error:
        raise DatabaseRefused(_line(error)) from error


def _line(error: BaseException | None) -> str:
    cause = getattr(error, "__cause__", None) or error
    if isinstance(cause, TimeoutError):
        return "the database does not answer"
    if isinstance(cause, OSError):
        return f"the database does not answer: {cause.strerror or cause}"
    said = str(cause.args[0] if cause is not None and cause.args else cause).splitlines()[0]
    needs = f"; {ROLES_WANTED}" if said.startswith(NO_RIGHT_TO_ROLES) else ""
    return f"the database refuses: {said}{needs}"

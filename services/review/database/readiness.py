"""Whether the database answers and has the schema that this code needs."""

from services.review.database.engine import Database
from services.review.database.migrate import expected_revision, found_revision
from shared.observability.admin import Check


def database_check(database: Database) -> Check:
    """A readiness check. Yesterday's code is ready on today's schema: revisions only grow."""
    wanted = expected_revision()

    async def check() -> str | None:
        found = await found_revision(database)
        if found is None or found < wanted:
            return f"the schema is at revision {found}, this code needs {wanted}"
        return None

    return check

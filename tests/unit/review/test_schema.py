"""What a process waits for is what the migrations bring."""

from alembic.script import ScriptDirectory

from services.review.database.schema import MIGRATIONS, expected_revision


def test_the_revision_that_is_waited_for_is_the_head_of_the_migrations() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == expected_revision()

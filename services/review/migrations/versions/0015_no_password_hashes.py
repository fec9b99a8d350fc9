"""Who reviews sees who else does and what they may take, never what they log in with."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("revoke select on reviewers from mizan_reviewer")
    op.execute(
        "grant select (reviewer_id, email, name, roles, platforms, queues, languages, clearance,"
        " locale, active) on reviewers to mizan_reviewer"
    )


def downgrade() -> None:
    # of the table takes those of its columns with it
    op.execute("revoke select on reviewers from mizan_reviewer")
    op.execute("grant select on reviewers to mizan_reviewer")

"""What each reviewer set for themselves at the desk."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "create table desk_preferences ("
        " reviewer_id text primary key references reviewers,"
        " preferences jsonb not null,"
        " updated_at timestamptz not null default now())"
    )
    op.execute("grant select, insert, update on desk_preferences to mizan_reviewer")
    op.execute("grant select, insert, update, delete on desk_preferences to mizan_worker")


def downgrade() -> None:
    op.drop_table("desk_preferences")

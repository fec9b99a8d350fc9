"""Decisions whose matches have not been looked at since they were made or changed."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What was decided before is heard when a report or a match comes.
    op.execute("alter table decisions add column weighed boolean not null default true")
    op.execute("alter table decisions alter column weighed set default false")
    op.execute("create index decisions_to_weigh on decisions (decided_at) where not weighed")


def downgrade() -> None:
    op.execute("drop index decisions_to_weigh")
    op.drop_column("decisions", "weighed")

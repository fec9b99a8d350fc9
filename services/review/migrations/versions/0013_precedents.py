"""What was decided on matching content moves a case, and is found from its newest matches."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table cases add column precedents double precision not null default 0")
    # The side of a match that many others match has them by the thousand; the newest are read.
    op.execute("create index matches_newest_by_younger on matches (environment, younger, found_at)")
    op.execute("create index matches_newest_by_elder on matches (environment, elder, found_at)")
    op.execute("drop index matches_by_younger")
    op.execute("drop index matches_by_elder")
    op.execute(
        "create index subject_aliases_by_subject on subject_aliases (environment, subject_id)"
    )


def downgrade() -> None:
    op.execute("drop index subject_aliases_by_subject")
    op.execute("create index matches_by_elder on matches (environment, elder)")
    op.execute("create index matches_by_younger on matches (environment, younger)")
    op.execute("drop index matches_newest_by_elder")
    op.execute("drop index matches_newest_by_younger")
    op.drop_column("cases", "precedents")

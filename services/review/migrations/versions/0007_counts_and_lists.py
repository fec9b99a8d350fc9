"""What a standing decision counts from, and indexes for lists of cases."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # How many had reported the case when it was decided: those who come after are counted from
    # here, because counting them anew would cost more with every report.
    op.execute("alter table cases add column reporters_at_decision int")
    op.execute(
        "update cases set reporters_at_decision = reporter_count where decision_id is not null"
    )
    # A list is read from its newest case on, and so is each state of it.
    op.execute("drop index cases_by_opening")
    op.execute("create index cases_by_opening on cases (opened_at desc, case_id desc)")
    op.execute("create index cases_by_state on cases (state, opened_at desc, case_id desc)")


def downgrade() -> None:
    op.execute("drop index cases_by_state")
    op.execute("drop index cases_by_opening")
    op.execute("create index cases_by_opening on cases (opened_at desc, case_id)")
    op.drop_column("cases", "reporters_at_decision")

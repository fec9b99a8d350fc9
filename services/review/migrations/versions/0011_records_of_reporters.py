"""What became of a reporter's earlier reports can be read by reporter."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Who reports what is decided already has shown no judgement of their own.
    op.execute(
        "alter table case_reporters add column joined_decided boolean not null default false"
    )
    op.execute(
        "create index case_reporters_by_reporter on case_reporters (reporter_key, case_id desc)"
        " where not joined_decided"
    )
    # Sums over the reporters of a case, so that the next report need not count them again.
    op.execute(
        "alter table cases add column record_decided int not null default 0,"
        " add column record_violations int not null default 0"
    )


def downgrade() -> None:
    op.execute("alter table cases drop column record_violations, drop column record_decided")
    op.execute("drop index case_reporters_by_reporter")
    op.drop_column("case_reporters", "joined_decided")

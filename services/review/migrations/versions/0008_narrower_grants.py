"""Where people log in from; and tenants write and read less than they could."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Hashes of an e-mail with a network: who is known there is not kept out by what others try.
    op.execute(
        "create table login_networks ("
        " pair text primary key,"
        " seen_at timestamptz not null default now())"
    )
    op.execute("grant select, insert, update, delete on login_networks to mizan_worker")
    op.execute("create index login_failures_by_time on login_failures (at)")
    # A receipt moves the time to appeal and nothing else of a decision; what other platforms are
    # called and whom they trust is no business of a tenant.
    op.execute("revoke update on decisions from mizan_tenant")
    op.execute("grant update (appeal_until) on decisions to mizan_tenant")
    op.execute("revoke select on platforms, organisations from mizan_tenant")
    op.execute("revoke select on organisations from mizan_reviewer")


def downgrade() -> None:
    op.execute("grant select on organisations to mizan_reviewer")
    op.execute("grant select on platforms, organisations to mizan_tenant")
    op.execute("grant update on decisions to mizan_tenant")
    op.execute("drop index login_failures_by_time")
    op.drop_table("login_networks")

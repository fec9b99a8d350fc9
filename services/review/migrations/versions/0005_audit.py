"""The audit trail: what waits to be ordered, and the ordered chain, which only grows."""

from alembic import op

from services.review.database.tenancy import protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
create table audit_outbox (
  audit_id text primary key,
  case_id text,
  platform_id text,
  environment text,
  entry text not null,
  at timestamptz not null default clock_timestamp()
);
-- The private part and its salt live here and nowhere else: erasing them leaves the chain whole.
create table audit_private (
  audit_id text primary key,
  platform_id text,
  environment text,
  salt bytea not null,
  private text not null
);
create table audit_entries (
  sequence bigint primary key,
  audit_id text not null unique,
  case_id text,
  platform_id text,
  environment text,
  at timestamptz not null,
  entry text not null,
  previous_hash text not null,
  hash text not null
);
create index audit_entries_by_case on audit_entries (case_id, sequence);
create table audit_checkpoint (
  only_row boolean primary key default true check (only_row),
  size bigint not null,
  last_hash text not null
);
insert into audit_checkpoint (size, last_hash) values (0, '')
"""

ONLY_GROWS = """
create function audit_only_grows() returns trigger language plpgsql as $$
begin
  raise exception 'the audit trail only grows: % on % refused', tg_op, tg_table_name;
end $$
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    op.execute(ONLY_GROWS)
    op.execute(
        "create trigger only_grows before update or delete or truncate on audit_entries"
        " for each statement execute function audit_only_grows()"
    )
    for table in ("audit_outbox", "audit_private", "audit_entries"):
        protect(table, tenant="insert" if table != "audit_entries" else None, reviewer=None)
    # Acts that belong to no platform (a log-in, an edit of a policy) have none in their rows.
    for table in ("audit_outbox", "audit_private"):
        op.execute(f"grant insert on {table} to mizan_reviewer")
        op.execute(
            f"create policy reviewer on {table} for insert to mizan_reviewer with check (true)"
        )
    op.execute("grant select on audit_entries, audit_private to mizan_reviewer")
    for table in ("audit_entries", "audit_private"):
        op.execute(
            f"create policy reading on {table} for select to mizan_reviewer using"
            " (platform_id is null or (environment = 'live' and platform_id ="
            " any(string_to_array(current_setting('mizan.platforms', true), ','))))"
        )
    op.execute("grant select, insert, delete on audit_outbox to mizan_worker")
    op.execute("grant select, insert, delete on audit_private to mizan_worker")
    op.execute("grant select, insert on audit_entries to mizan_worker")
    op.execute("grant select, update on audit_checkpoint to mizan_worker")


def downgrade() -> None:
    for table in ("audit_checkpoint", "audit_entries", "audit_private", "audit_outbox"):
        op.drop_table(table)
    op.execute("drop function audit_only_grows")

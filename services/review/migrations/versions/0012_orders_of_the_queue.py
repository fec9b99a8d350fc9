"""Keys of the queue belong to a numbered order, and a second column takes those of the next."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

HEADS = "(queue_id, language, clearance, platform_id, lane, second_key desc)"
FREE = "where lease_id is null and not parked and assigned_to is null"
# Built beside the traffic: a queue of millions is not stopped for them.
INDEXES = {
    "queue_entries_open_second": f"{HEADS} include (entry_id, environment, excluded_reviewers)"
    f" {FREE}",
    "queue_entries_by_order": "(key_order, entry_id)",
    "queue_entries_by_second_order": "(second_key_order, entry_id)",
}


def upgrade() -> None:
    # One row: which column of keys counts, what its keys were made of, and the order to come.
    op.execute(
        "create table queue_order ("
        " one boolean primary key default true check (one),"
        " counts smallint not null check (counts in (1, 2)),"
        " number bigint not null,"
        " inputs jsonb,"
        " next_number bigint,"
        " next_inputs jsonb,"
        " check (num_nulls(next_number, next_inputs) in (0, 2)))"
    )
    # What waits already was keyed by nobody knows what: it is put into a new order at once.
    op.execute(
        "insert into queue_order (counts, number, inputs) select 1, 1,"
        " case when exists (select from queue_entries) then"
        ' \'{"formula": 0, "severities": {}, "minutes": {}}\'::jsonb end'
    )
    op.execute("grant select, update on queue_order to mizan_worker")
    op.execute("grant select on queue_order to mizan_reviewer")
    op.execute(
        "alter table queue_entries add column key_order bigint not null default 1,"
        " add column second_key double precision not null default '-infinity',"
        " add column second_key_order bigint not null default 0"
    )
    op.execute("alter table cases add column next_priority jsonb")
    with op.get_context().autocommit_block():
        for name, columns in INDEXES.items():
            op.execute(f"drop index concurrently if exists {name}")
            op.execute(f"create index concurrently {name} on queue_entries {columns}")


def downgrade() -> None:
    for name in INDEXES:
        op.execute(f"drop index {name}")
    op.drop_column("cases", "next_priority")
    op.execute(
        "alter table queue_entries drop column second_key_order, drop column second_key,"
        " drop column key_order"
    )
    op.drop_table("queue_order")

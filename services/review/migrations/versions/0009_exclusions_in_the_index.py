"""Whom an entry is closed to can be read from the index of those that are free."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ORDER = "(queue_id, language, clearance, platform_id, lane, key desc)"
FREE = "where lease_id is null and not parked and assigned_to is null"


def upgrade() -> None:
    # Behind many entries that a reviewer may not take, because they decided them before, a claim
    # read each of their rows. It reads this index alone, row security included.
    op.execute(
        f"create index queue_entries_open on queue_entries {ORDER}"
        f" include (entry_id, environment, excluded_reviewers) {FREE}"
    )
    op.execute("drop index queue_entries_free")


def downgrade() -> None:
    op.execute(f"create index queue_entries_free on queue_entries {ORDER} {FREE}")
    op.execute("drop index queue_entries_open")

"""Leases are read from one index, whatever was known of them when that was planned."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

LANE = "queue_id, language, clearance, platform_id"
# A claim is planned once for a connection, often while nothing is leased and all indexes of leases
# look alike: by the one of owners it read every lease for each of its lanes. Each index says now
# by its condition who may use it: who asks for an end, or for an owner.
BUILT = {
    "queue_entries_ending": f"({LANE}, lease_expires_at) where lease_expires_at is not null",
    "queue_entries_owned": "(lease_owner) where lease_owner is not null",
}
DROPPED = {
    "queue_entries_leased": f"({LANE}, lease_expires_at) where lease_id is not null",
    "queue_entries_by_owner": "(lease_owner) where lease_id is not null",
    "queue_entries_by_expiry": "(lease_expires_at) where lease_id is not null",
}


def upgrade() -> None:
    _exchange(BUILT, DROPPED)


def downgrade() -> None:
    _exchange(DROPPED, BUILT)


def _exchange(built: dict[str, str], dropped: dict[str, str]) -> None:
    with op.get_context().autocommit_block():
        for name, columns in built.items():
            op.execute(f"drop index concurrently if exists {name}")
            op.execute(f"create index concurrently {name} on queue_entries {columns}")
        for name in dropped:
            op.execute(f"drop index concurrently if exists {name}")

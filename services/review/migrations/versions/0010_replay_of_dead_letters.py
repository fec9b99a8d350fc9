"""Where the record of a dead letter first lay, and who asked to have it replayed, and how often."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "alter table dead_letters add column first_topic text, add column first_partition int,"
        " add column first_offset bigint, add column replays int not null default 0,"
        " add column replay_requested_at timestamptz, add column replay_requested_by text"
    )
    op.execute(
        "create index dead_letters_by_first on dead_letters"
        " (coalesce(first_topic, origin_topic), coalesce(first_partition, origin_partition),"
        " coalesce(first_offset, origin_offset))"
    )
    # Most rows are closed; what an operator or a gauge asks for are the open ones.
    op.execute(
        "create index dead_letters_open on dead_letters (topic, received_at) where state = 'open'"
    )


def downgrade() -> None:
    op.execute("drop index dead_letters_open")
    op.execute("drop index dead_letters_by_first")
    op.execute(
        "alter table dead_letters drop column replay_requested_by,"
        " drop column replay_requested_at, drop column replays, drop column first_offset,"
        " drop column first_partition, drop column first_topic"
    )

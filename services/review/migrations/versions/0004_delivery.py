"""Outbox, the feed of events, webhooks and their deliveries."""

from alembic import op

from services.review.database.tenancy import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
-- Events that wait for their release. The relay turns a row into an event under its row lock when
-- `release_at` is past; an undo must delete the row first, else it is too late.
create table outbox (
  event_id text primary key,
  platform_id text not null references platforms,
  environment text not null,
  type text not null,
  subject_id text,
  decision_id text,
  appeal_id text,
  group_id text,
  draft jsonb not null,
  traceparent text,
  created_at timestamptz not null default clock_timestamp(),
  release_at timestamptz not null
);
create index outbox_by_release on outbox (release_at);
create index outbox_by_group on outbox (group_id) where group_id is not null;
-- What was sent, in the order of sending: one writer numbers it without gaps.
create table events (
  event_id text primary key,
  feed_position bigint not null unique,
  platform_id text not null references platforms,
  environment text not null,
  type text not null,
  subject_id text,
  subject_version bigint,
  decision_id text,
  appeal_id text,
  body text not null,
  traceparent text,
  released_at timestamptz not null default clock_timestamp(),
  published_at timestamptz,
  unique (environment, subject_id, subject_version)
);
create index events_unpublished on events (feed_position) where published_at is null;
create index events_by_tenant on events (platform_id, environment, feed_position);
create table webhooks (
  webhook_id text primary key,
  platform_id text not null references platforms,
  environment text not null,
  url text not null,
  events text[] not null,
  secret text not null,
  previous_secret text,
  previous_until timestamptz,
  api_version text not null,
  created_at timestamptz not null default now(),
  disabled_at timestamptz,
  disabled_reason text,
  deleted_at timestamptz
);
create unique index webhooks_one_per_url on webhooks (platform_id, environment, url)
  where deleted_at is null;
create table webhook_deliveries (
  delivery_id text primary key,
  webhook_id text not null references webhooks,
  platform_id text not null,
  environment text not null,
  event_id text not null,
  type text not null,
  body text not null,
  traceparent text,
  state text not null check (state in ('pending', 'delivered', 'failed', 'cancelled')),
  attempts int not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  next_attempt_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  unique (webhook_id, event_id)
);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_attempt_at)
  where state = 'pending';
create table webhook_attempts (
  delivery_id text not null references webhook_deliveries on delete cascade,
  attempt int not null,
  platform_id text not null,
  environment text not null,
  at timestamptz not null default clock_timestamp(),
  status int,
  milliseconds int not null,
  error text,
  answer text,
  primary key (delivery_id, attempt, at)
);
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    op.execute(
        "grant select, insert, update, delete on all tables in schema public to mizan_worker"
    )
    op.execute("revoke delete on decisions, appeals, events from mizan_worker")
    op.execute("revoke update, delete on case_events from mizan_worker")
    protect("outbox", tenant=None, reviewer="select, insert, delete")
    protect("events", tenant="select", reviewer="select")
    protect("webhooks", tenant="select, insert, update", reviewer=None)
    protect("webhook_deliveries", tenant="select, insert, update", reviewer=None)
    protect("webhook_attempts", tenant="select", reviewer=None)


def downgrade() -> None:
    for table in ("webhook_attempts", "webhook_deliveries", "webhooks", "events", "outbox"):
        op.drop_table(table)

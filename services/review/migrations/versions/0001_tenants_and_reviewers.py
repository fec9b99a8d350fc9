"""Roles of the database, platforms with their keys, policies, queues, reviewers.

Three roles, and every transaction takes one of them: a tenant sees one platform in one
environment, a reviewer the live traffic of the platforms granted, a worker everything.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROLES = ("mizan_tenant", "mizan_reviewer", "mizan_worker")

# Roles belong to the server, not to the database: another database may have made them.
MAKE_ROLES = """
do $$
declare wanted text;
begin
  foreach wanted in array array['mizan_tenant', 'mizan_reviewer', 'mizan_worker'] loop
    begin
      if not exists (select from pg_roles where rolname = wanted) then
        execute format('create role %I nologin', wanted);
      end if;
    exception when duplicate_object or unique_violation then null;
    end;
    if not pg_has_role(current_user, wanted, 'set') then
      execute format('grant %I to current_user', wanted);
    end if;
  end loop;
end $$
"""

TABLES = """
create table platforms (
  platform_id text primary key,
  name text not null,
  active boolean not null default true,
  reports_per_second double precision not null default 200,
  appeals_per_second double precision not null default 20,
  revision bigint not null default 1,
  created_at timestamptz not null default now()
);
create table api_keys (
  key_id text primary key,
  platform_id text not null references platforms,
  environment text not null check (environment in ('live', 'test')),
  secret_sha256 text not null unique,
  scopes text[] not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
create table organisations (
  platform_id text not null references platforms,
  organisation_id text not null,
  name text not null,
  kind text not null check (kind in ('trusted_flagger', 'authority')),
  created_at timestamptz not null default now(),
  primary key (platform_id, organisation_id)
);
create table queues (
  queue_id text primary key,
  title text not null,
  kind text not null check (kind in ('cases', 'appeals')),
  minutes_per_case double precision not null check (minutes_per_case > 0),
  position int not null
);
create table policies (
  policy_id text not null,
  revision int not null,
  title text not null,
  text text not null,
  severity double precision not null check (severity > 0),
  queue_id text not null references queues,
  actions jsonb not null,
  standing_days int not null,
  reopen_reporters int not null,
  appeal_days int not null,
  active boolean not null default true,
  created_at timestamptz not null default now(),
  primary key (policy_id, revision)
);
-- What the compacted topics should hold; the relay publishes what they do not hold yet.
create table reference_records (
  topic text not null,
  record_id text not null,
  revision bigint not null,
  payload jsonb not null,
  published_revision bigint not null default 0,
  primary key (topic, record_id)
);
-- In the arrays '*' stands for all.
create table reviewers (
  reviewer_id text primary key,
  email text not null unique check (email = lower(email)),
  name text not null,
  password_hash text not null,
  roles text[] not null check (cardinality(roles) > 0),
  platforms text[] not null default '{*}',
  queues text[] not null default '{*}',
  languages text[] not null default '{*}',
  clearance smallint not null default 1,
  locale text not null default 'en' check (locale in ('en', 'ur', 'ar')),
  active boolean not null default true,
  created_at timestamptz not null default now()
);
create table sessions (
  token_sha256 text primary key,
  reviewer_id text not null references reviewers,
  csrf_token text not null,
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create table login_failures (
  who text not null,
  at timestamptz not null default now()
);
create index login_failures_by_who on login_failures (who, at);
create table duties (
  name text primary key,
  epoch bigint not null default 0,
  holder text,
  taken_at timestamptz
);
create table consumer_positions (
  consumer text not null,
  topic text not null,
  partition int not null,
  topic_id text not null,
  next_offset bigint not null,
  record_at timestamptz,
  updated_at timestamptz not null default now(),
  primary key (consumer, topic, partition)
);
"""


def upgrade() -> None:
    op.execute(MAKE_ROLES)
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    op.execute("grant usage on schema public to mizan_tenant, mizan_reviewer, mizan_worker")
    op.execute(
        "grant select, insert, update, delete on all tables in schema public to mizan_worker"
    )
    op.execute(
        "grant select on platforms, organisations, queues, policies to mizan_tenant, mizan_reviewer"
    )
    op.execute("grant select on reviewers to mizan_reviewer")


def downgrade() -> None:
    for table in [
        "consumer_positions",
        "duties",
        "login_failures",
        "sessions",
        "reviewers",
        "reference_records",
        "policies",
        "queues",
        "organisations",
        "api_keys",
        "platforms",
    ]:
        op.drop_table(table)

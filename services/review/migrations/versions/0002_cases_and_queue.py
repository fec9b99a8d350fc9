"""Subjects, cases, reports, the queue, matches, dead letters."""

from alembic import op

from services.review.database.tenancy import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
create table subjects (
  environment text not null,
  subject_id text not null,
  platform_id text not null references platforms,
  kind text not null,
  identity text not null,
  url text,
  platform_ref text,
  first_seen_at timestamptz not null,
  version bigint not null default 0,
  effective jsonb not null default '[]',
  primary key (environment, subject_id)
);
create table subject_aliases (
  environment text not null,
  alias text not null,
  platform_id text not null references platforms,
  subject_id text not null,
  learnt_at timestamptz not null default now(),
  primary key (environment, alias)
);
-- Every case is in a cluster, most are alone in theirs. `version` grows with its members.
create table clusters (
  cluster_id text primary key,
  platform_id text not null references platforms,
  environment text not null,
  version bigint not null default 1,
  created_at timestamptz not null default now()
);
create table cases (
  case_id text primary key,
  platform_id text not null references platforms,
  environment text not null,
  cluster_id text not null references clusters,
  subject_id text not null,
  kind text not null,
  identity text not null,
  state text not null check (state in
    ('queued', 'held', 'escalated', 'awaiting_confirmation', 'decided', 'closed')),
  version bigint not null default 1,
  policy_id text not null,
  policy_revision int not null,
  queue_id text not null references queues,
  urgency text not null,
  language text not null,
  clearance smallint not null default 1,
  content jsonb,
  content_digest text not null,
  context jsonb,
  author jsonb,
  author_account text,
  scores jsonb not null,
  violation double precision not null check (violation between 0 and 1),
  report_count int not null,
  reporter_count int not null,
  reporter_weight double precision not null,
  views bigint,
  shares bigint,
  followers bigint,
  priority jsonb not null,
  opened_at timestamptz not null,
  updated_at timestamptz not null default now(),
  held_by text references reviewers,
  held_until timestamptz,
  decision_id text,
  decided_at timestamptz,
  previous_case_id text references cases
);
create unique index cases_one_open_per_subject on cases (environment, subject_id)
  where state not in ('decided', 'closed');
create index cases_by_subject on cases (environment, subject_id, opened_at desc);
create index cases_by_cluster on cases (cluster_id);
create index cases_by_author on cases (environment, author_account)
  where author_account is not null;
create index cases_by_opening on cases (opened_at desc, case_id);
create index cases_held on cases (held_until) where state = 'held';
create table reports (
  report_id text primary key,
  platform_id text not null references platforms,
  environment text not null,
  external_id text not null,
  subject_id text not null,
  case_id text not null references cases deferrable initially deferred,
  applied_decision_id text,
  policy_id text not null,
  body jsonb not null,
  body_hash text not null,
  reporter_key text not null,
  reporter_kind text not null,
  reported_at timestamptz not null,
  accepted_at timestamptz not null,
  received_at timestamptz not null default clock_timestamp(),
  source_partition int not null,
  source_offset bigint not null,
  traceparent text,
  unique (platform_id, environment, external_id)
);
create index reports_by_case on reports (case_id, accepted_at);
create table report_conflicts (
  report_id text not null references reports,
  body_hash text not null,
  platform_id text not null,
  environment text not null,
  pointers text[] not null,
  accepted_at timestamptz not null,
  source_partition int not null,
  source_offset bigint not null,
  primary key (report_id, body_hash)
);
create table case_reporters (
  case_id text not null references cases deferrable initially deferred,
  reporter_key text not null,
  weight double precision not null,
  primary key (case_id, reporter_key)
);
-- The history of a case: one row for each version of it.
create table case_events (
  case_id text not null references cases,
  version bigint not null,
  platform_id text not null,
  environment text not null,
  event text not null,
  from_state text,
  to_state text not null,
  actor text not null,
  reason text,
  decision_id text,
  at timestamptz not null default clock_timestamp(),
  primary key (case_id, version)
);
create table case_notes (
  note_id text primary key,
  case_id text not null references cases,
  platform_id text not null,
  environment text not null,
  author text not null references reviewers,
  text text not null,
  at timestamptz not null default clock_timestamp()
);
-- Who has a case open in the desk. Of use for a minute, so it is not worth its write-ahead log.
create unlogged table case_viewers (
  reviewer_id text not null references reviewers,
  case_id text not null references cases,
  platform_id text not null,
  environment text not null,
  seen_at timestamptz not null default clock_timestamp(),
  primary key (reviewer_id, case_id)
);
create index case_viewers_by_case on case_viewers (case_id);
-- What a reviewer can take: a cluster (entry_id = cluster_id) or an appeal (= appeal_id).
-- Narrow on purpose: a claim reads this table only.
create table queue_entries (
  entry_id text primary key,
  kind text not null check (kind in ('case', 'appeal')),
  platform_id text not null references platforms,
  environment text not null check (environment = 'live'),
  queue_id text not null references queues,
  language text not null,
  clearance smallint not null,
  lane smallint not null check (lane in (0, 1, 2)),
  key double precision not null,
  formula smallint not null,
  deadline timestamptz,
  enqueued_at timestamptz not null,
  parked boolean not null default false,
  assigned_to text references reviewers,
  excluded_reviewers text[] not null default '{}',
  lease_id text unique,
  lease_token_sha256 text,
  lease_owner text references reviewers,
  lease_expires_at timestamptz,
  check (num_nulls(lease_id, lease_token_sha256, lease_owner, lease_expires_at) in (0, 4))
);
create index queue_entries_free on queue_entries
  (queue_id, language, clearance, platform_id, lane, key desc)
  where lease_id is null and not parked and assigned_to is null;
create index queue_entries_leased on queue_entries
  (queue_id, language, clearance, platform_id, lease_expires_at) where lease_id is not null;
create index queue_entries_by_expiry on queue_entries (lease_expires_at) where lease_id is not null;
create index queue_entries_by_owner on queue_entries (lease_owner) where lease_id is not null;
create index queue_entries_assigned on queue_entries (assigned_to, queue_id, lane, key desc)
  where assigned_to is not null;
create index queue_entries_by_age on queue_entries (queue_id, enqueued_at);
-- Which lanes have ever held an entry: a claim merges the heads of those a reviewer may take.
create table queue_lanes (
  queue_id text not null,
  language text not null,
  clearance smallint not null,
  platform_id text not null,
  primary key (queue_id, language, clearance, platform_id)
);
create table matches (
  match_id text primary key,
  environment text not null,
  method text not null,
  similarity double precision not null check (similarity between 0 and 1),
  younger text not null,
  younger_platform text not null,
  elder text not null,
  elder_platform text not null,
  found_at timestamptz not null,
  proposal boolean not null default false
);
create index matches_by_younger on matches (environment, younger);
create index matches_by_elder on matches (environment, elder);
-- Pairs that a reviewer has taken apart; they are never joined again by a match.
create table cluster_splits (
  environment text not null,
  subject_a text not null,
  subject_b text not null check (subject_a < subject_b),
  at timestamptz not null default now(),
  primary key (environment, subject_a, subject_b)
);
create table dead_letters (
  topic text not null,
  partition int not null,
  "offset" bigint not null,
  origin_topic text not null,
  origin_partition int not null,
  origin_offset bigint not null,
  cause text not null,
  error text not null,
  stack_hash text not null,
  key text,
  platform_id text,
  environment text,
  report_id text,
  external_id text,
  body_hash text,
  state text not null default 'open' check (state in ('open', 'replayed')),
  received_at timestamptz not null default now(),
  replayed_at timestamptz,
  primary key (topic, partition, "offset")
);
create index dead_letters_by_report on dead_letters (report_id) where report_id is not null;
"""

TENANT_TABLES = [
    "subjects",
    "subject_aliases",
    "clusters",
    "cases",
    "reports",
    "report_conflicts",
    "case_events",
]
REVIEWER_TABLES = ("case_notes", "case_viewers", "queue_entries")


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    op.execute(
        "grant select, insert, update, delete on all tables in schema public to mizan_worker"
    )
    for table in TENANT_TABLES:
        protect(table, tenant="select", reviewer="select, insert, update, delete")
    for table in REVIEWER_TABLES:
        protect(table, tenant=None, reviewer="select, insert, update, delete")
    op.execute("grant select, insert on queue_lanes, matches, cluster_splits to mizan_reviewer")
    op.execute("grant select on case_reporters to mizan_reviewer")
    op.execute("revoke update, delete on case_events from mizan_worker, mizan_reviewer")
    # A platform may see that a report of its own is quarantined, and nothing of why.
    protect("dead_letters", tenant="select", reviewer=None)


def downgrade() -> None:
    for table in [
        "dead_letters",
        "cluster_splits",
        "matches",
        "queue_lanes",
        "queue_entries",
        "case_viewers",
        "case_notes",
        "case_events",
        "case_reporters",
        "report_conflicts",
        "reports",
        "cases",
        "clusters",
        "subject_aliases",
        "subjects",
    ]:
        op.drop_table(table)

"""Decisions, appeals, receipts: what was decided, by whom, and what came of it."""

from alembic import op

from services.review.database.tenancy import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
create table decisions (
  decision_id text primary key,
  group_id text not null,
  platform_id text not null references platforms,
  environment text not null,
  case_id text not null references cases,
  cluster_id text not null,
  subject_id text not null,
  reviewer_id text not null references reviewers,
  lease_id text not null,
  request_hash text not null,
  state text not null check (state in ('final', 'undone', 'reversed')),
  finding text not null,
  actions jsonb not null,
  policies jsonb not null,
  ground text,
  legal_basis text,
  reason text,
  internal_note text,
  content_digest text not null,
  decided_at timestamptz not null,
  undo_until timestamptz not null,
  undone_at timestamptz,
  undo_reason text,
  appeal_until timestamptz,
  reverses text references decisions,
  appeal_id text,
  unique (decision_id, reviewer_id),
  constraint decisions_once_under_a_lease unique (case_id, lease_id)
);
create index decisions_by_group on decisions (group_id);
create index decisions_by_case on decisions (case_id, decided_at);
create index decisions_by_subject on decisions (environment, subject_id, decided_at desc);
create table appeals (
  appeal_id text primary key,
  platform_id text not null references platforms,
  environment text not null,
  external_id text not null,
  decision_id text not null,
  case_id text,
  subject_id text,
  report_id text,
  appellant_kind text not null check (appellant_kind in ('owner', 'reporter')),
  appellant_id text,
  language text not null,
  text text not null,
  submitted_at timestamptz not null,
  accepted_at timestamptz not null,
  state text not null check (state in ('open', 'decided', 'refused')),
  refused text,
  original_reviewer_id text,
  outcome text check (outcome in ('upheld', 'overturned', 'modified')),
  outcome_by text references reviewers,
  outcome_at timestamptz,
  outcome_reason text,
  outcome_lease_id text unique,
  request_hash text,
  new_decision_id text references decisions,
  unique (platform_id, environment, external_id),
  -- Nobody decides on an appeal against their own decision, whatever the code above does.
  constraint appeals_by_another_person check (outcome_by <> original_reviewer_id),
  constraint appeals_original_is_true foreign key (decision_id, original_reviewer_id)
    references decisions (decision_id, reviewer_id),
  check (state = 'refused' or original_reviewer_id is not null),
  check ((state = 'decided') = (outcome is not null and outcome_by is not null)),
  check ((state = 'refused') = (refused is not null))
);
create unique index appeals_one_per_party on appeals
  (decision_id, appellant_kind, coalesce(report_id, '')) where state <> 'refused';
create index appeals_by_case on appeals (case_id);
create table receipts (
  decision_id text not null references decisions,
  external_id text not null,
  platform_id text not null references platforms,
  environment text not null,
  outcome text not null,
  at timestamptz not null,
  detail text,
  informed jsonb not null default '[]',
  received_at timestamptz not null default now(),
  primary key (decision_id, external_id)
);
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    op.execute(
        "grant select, insert, update, delete on all tables in schema public to mizan_worker"
    )
    op.execute("revoke delete on decisions, appeals from mizan_worker")
    op.execute("revoke update, delete on case_events from mizan_worker")
    protect("decisions", tenant="select, update", reviewer="select, insert, update")
    protect("appeals", tenant="select", reviewer="select, insert, update")
    protect("receipts", tenant="select, insert", reviewer="select")


def downgrade() -> None:
    for table in ("receipts", "appeals", "decisions"):
        op.drop_table(table)

"""Row security: which rows each of the three roles sees. Used by migrations."""

from alembic import op

TENANT = (
    "platform_id = current_setting('mizan.platform', true)"
    " and environment = current_setting('mizan.environment', true)"
)
# Test traffic is invisible to reviewers whatever a query forgets.
REVIEWER = (
    "environment = 'live'"
    " and platform_id = any(string_to_array(current_setting('mizan.platforms', true), ','))"
)


def protect(table: str, *, tenant: str | None, reviewer: str | None) -> None:
    """Turns row security on for a table with `platform_id` and `environment`.

    `tenant` and `reviewer` are the privileges granted to these roles, None for none at all.
    """
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy worker on {table} to mizan_worker using (true) with check (true)")
    if tenant is not None:
        op.execute(f"grant {tenant} on {table} to mizan_tenant")
        op.execute(
            f"create policy tenant on {table} to mizan_tenant"
            f" using ({TENANT}) with check ({TENANT})"
        )
    if reviewer is not None:
        op.execute(f"grant {reviewer} on {table} to mizan_reviewer")
        op.execute(
            f"create policy reviewer on {table} to mizan_reviewer"
            f" using ({REVIEWER}) with check ({REVIEWER})"
        )

"""What a platform may know of reports of its own, many at a time: a query each, whatever their
number. Every query but that of leases runs under the row security of the tenant.
"""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import RowMapping, text

from services.review.database.session import Session


async def list_reports(
    session: Session, *, report_ids: Sequence[str] = (), external_id: str | None = None
) -> list[RowMapping]:
    """Reports with their cases, by either of their two names."""
    names = {"reports": list(report_ids), "external": external_id}
    return list((await session.execute(_REPORTS, names)).mappings())


async def list_quarantined(
    session: Session, *, report_ids: Sequence[str] = (), external_id: str | None = None
) -> list[RowMapping]:
    """Reports that have an open dead letter, one row each."""
    names = {"reports": list(report_ids), "external": external_id}
    return list((await session.execute(_QUARANTINED, names)).mappings())


async def list_conflicts(
    session: Session, report_ids: Sequence[str]
) -> dict[str, list[RowMapping]]:
    """By report id, eldest first."""
    found: dict[str, list[RowMapping]] = defaultdict(list)
    for row in (await session.execute(_CONFLICTS, {"reports": list(report_ids)})).mappings():
        found[row["report_id"]].append(row)
    return found


async def list_told(session: Session, case_ids: Sequence[str]) -> dict[str, str]:
    """By case id: body of the newest event that told a decision on it. What was not sent is not
    known.
    """
    rows = await session.execute(_TOLD, {"cases": list(case_ids)})
    return {row.case_id: row.body for row in rows}


async def list_leased(session: Session, cluster_ids: Sequence[str]) -> set[str]:
    """The clusters that somebody has at this moment. Tenants see nothing of the queue: this needs
    a session that does.
    """
    return set((await session.execute(_LEASED, {"clusters": list(cluster_ids)})).scalars())


_REPORTS = text(
    "select r.report_id, r.external_id, r.subject_id, r.case_id, r.received_at, c.state,"
    " c.cluster_id from reports r join cases c using (case_id)"
    " where r.report_id = any(:reports) or (r.external_id = cast(:external as text)"
    " and r.platform_id = current_setting('mizan.platform')"
    " and r.environment = current_setting('mizan.environment'))"
)
_QUARANTINED = text(
    "select distinct on (report_id) report_id, external_id, received_at from dead_letters"
    " where state = 'open' and report_id is not null and (report_id = any(:reports)"
    " or external_id = cast(:external as text)) order by report_id, received_at"
)
_CONFLICTS = text(
    "select report_id, accepted_at as received_at, pointers from report_conflicts"
    " where report_id = any(:reports) order by accepted_at"
)
_TOLD = text(
    "select distinct on (c.case_id) c.case_id, e.body from cases c"
    " join decisions d on d.case_id = c.case_id"
    " join events e on e.environment = c.environment and e.subject_id = c.subject_id"
    " and e.decision_id = d.decision_id and e.type in ('decision.made', 'decision.reversed')"
    " where c.case_id = any(:cases) order by c.case_id, e.subject_version desc"
)
_LEASED = text(
    "select entry_id from queue_entries where entry_id = any(:clusters)"
    " and lease_expires_at > clock_timestamp()"
)

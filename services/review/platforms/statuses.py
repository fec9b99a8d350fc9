"""How reports stand, as their platform may know it."""

from collections.abc import Sequence

import orjson
from pydantic import JsonValue
from sqlalchemy import RowMapping

from services.review.database.engine import Database
from services.review.platforms import status_repository as repository
from services.review.platforms.access import Tenant
from shared.times import time_text


async def list_statuses(
    database: Database,
    tenant: Tenant,
    *,
    report_ids: Sequence[str] = (),
    external_id: str | None = None,
) -> list[dict[str, JsonValue]]:
    """Of the reports by either of their two names; those that are not there yet are left out."""
    async with database.as_tenant(tenant.platform, tenant.environment) as session:
        rows = await repository.list_reports(
            session, report_ids=report_ids, external_id=external_id
        )
        arrived = {row["report_id"] for row in rows}
        quarantined = await repository.list_quarantined(
            session,
            report_ids=[name for name in report_ids if name not in arrived],
            external_id=None if rows else external_id,
        )
        conflicts = await repository.list_conflicts(session, sorted(arrived))
        told = await repository.list_told(session, sorted({row["case_id"] for row in rows}))
    queued = sorted({row["cluster_id"] for row in rows if row["state"] == "queued"})
    leased: set[str] = set()
    if queued:
        async with database.as_worker() as session:
            leased = await repository.list_leased(session, queued)
    return [
        *(
            _status(
                row,
                told=told.get(row["case_id"]),
                conflicts=conflicts.get(row["report_id"], []),
                leased=row["cluster_id"] in leased,
            )
            for row in rows
        ),
        *(_quarantined(row) for row in quarantined),
    ]


def _status(
    row: RowMapping, *, told: str | None, conflicts: Sequence[RowMapping], leased: bool
) -> dict[str, JsonValue]:
    return {
        "report_id": row["report_id"],
        "external_id": row["external_id"],
        "subject_id": row["subject_id"],
        "case_id": row["case_id"],
        "state": _state(row["state"], told=told is not None, leased=leased),
        "decision": orjson.loads(told)["data"] if told else None,
        "conflicts": [
            {"received_at": time_text(one["received_at"]), "pointers": list(one["pointers"])}
            for one in conflicts
        ],
        "received_at": time_text(row["received_at"]),
    }


def _state(state: str, *, told: bool, leased: bool) -> str:
    """A decision that may still be undone is not one yet to the platform, and that somebody has
    the case is all that it sees of the queue.
    """
    match state:
        case "decided":
            return "decided" if told else "in_review"
        case "closed":
            return "closed"
        case "queued":
            return "in_review" if leased else "queued"
        case _:
            return "in_review"


def _quarantined(row: RowMapping) -> dict[str, JsonValue]:
    return {
        "report_id": row["report_id"],
        "external_id": row["external_id"],
        "subject_id": None,
        "case_id": None,
        "state": "quarantined",
        "decision": None,
        "conflicts": [],
        "received_at": time_text(row["received_at"]),
    }

"""Asks the system what it holds: platforms' calls first, then the database."""

from collections import defaultdict
from collections.abc import Mapping

import asyncpg
import orjson
from pydantic import JsonValue

from tests.chaos.account import (
    Account,
    Holding,
    Status,
    StoredCase,
    StoredDecision,
    StoredReport,
    StoredSubject,
    Told,
)
from tests.chaos.calls import Caller, Json
from tests.chaos.deciding import expected, part
from tests.chaos.history import History, ReportName, Sending, Tenant
from tests.chaos.listening import PAGE, body_digest, listed

ASKED_AT_ONCE = 100


class Reader:
    """Reads when all is quiet. `keys` are of all tenants."""

    def __init__(self, caller: Caller, review_url: str, keys: Mapping[Tenant, str]) -> None:
        self._caller = caller
        self._url = f"{review_url}/v1"
        self._keys = keys

    async def account(
        self, history: History, database_url: str, hooked: frozenset[Tenant]
    ) -> Account:
        statuses = await self._statuses(history)
        feeds = {tenant: await self._feed(tenant) for tenant in self._keys}
        connection = await asyncpg.connect(database_url)
        try:
            return Account(
                statuses=statuses,
                feeds=feeds,
                reports=await _reports(connection),
                cases=await _cases(connection),
                decisions=await _decisions(connection),
                subjects=await _subjects(connection),
                hooked=hooked,
            )
        finally:
            await connection.close()

    async def _statuses(self, history: History) -> dict[ReportName, Status]:
        """Of all that were accepted, by the ids that the answers gave; absent where unknown."""
        ids: dict[Tenant, set[str]] = defaultdict(set)
        for sending in history.all(Sending):
            if sending.report_id is not None:
                ids[sending.name.tenant].add(sending.report_id)
        found: dict[ReportName, Status] = {}
        for tenant, wanted in ids.items():
            ordered = sorted(wanted)
            for start in range(0, len(ordered), ASKED_AT_ONCE):
                names = "&".join(f"report_id={one}" for one in ordered[start:][:ASKED_AT_ONCE])
                answer = await self._caller.until_known(
                    "GET", f"{self._url}/reports?{names}", token=self._keys[tenant]
                )
                for said in listed(expected(answer, 200)):
                    found[ReportName(tenant, str(said["external_id"]))] = status(said)
        return found

    async def _feed(self, tenant: Tenant) -> list[Told]:
        """From its beginning."""
        events: list[Told] = []
        url = f"{self._url}/decisions?limit={PAGE}"
        cursor: JsonValue = ""
        while cursor is not None:
            where = f"{url}&cursor={cursor}" if cursor else url
            answer = await self._caller.until_known("GET", where, token=self._keys[tenant])
            page = expected(answer, 200)
            events += [told(event) for event in listed(page)]
            cursor = page["next_cursor"]
        return events


def status(said: Json) -> Status:
    decision, conflicts = said["decision"], said["conflicts"]
    assert isinstance(conflicts, list)
    return Status(
        report_id=str(said["report_id"]),
        subject_id=_text(said["subject_id"]),
        case_id=_text(said["case_id"]),
        state=str(said["state"]),
        decision_id=str(decision["decision_id"]) if isinstance(decision, dict) else None,
        conflicts=len(conflicts),
    )


def told(event: Json) -> Told:
    data = part(event, "data")
    reports = _listed(data.get("reports"))
    version, total = data.get("subject_version"), data.get("reports_total")
    subject_id = _text(data.get("subject_id"))
    return Told(
        event_id=str(event["event_id"]),
        type=str(event["type"]),
        tenant=Tenant(str(data["platform"]), str(data["environment"])),
        body=body_digest(event),
        decision_id=_text(data.get("decision_id")),
        subject_id=subject_id,
        version=version if isinstance(version, int) else None,
        effective=_holdings(data.get("effective")),
        actions=tuple(
            str(action["action"])
            for action in _listed(data.get("actions"))
            if action["subject_id"] == subject_id
        ),
        report_ids=tuple(str(report["report_id"]) for report in reports),
        reports_total=total if isinstance(total, int) else 0,
        reverses=_text(data.get("reverses")),
    )


def _listed(value: JsonValue) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _holdings(value: JsonValue) -> tuple[Holding, ...]:
    return tuple(Holding(str(one["action"]), str(one["decision_id"])) for one in _listed(value))


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None


async def _reports(connection: asyncpg.Connection) -> list[StoredReport]:
    rows = await connection.fetch(
        "select platform_id, environment, external_id, report_id, subject_id, case_id from reports"
    )
    return [
        StoredReport(ReportName(Tenant(row[0], row[1]), row[2]), row[3], row[4], row[5])
        for row in rows
    ]


async def _cases(connection: asyncpg.Connection) -> list[StoredCase]:
    rows = await connection.fetch(
        "select c.platform_id, c.environment, c.case_id, c.subject_id, c.state, c.report_count,"
        " c.decision_id, e.entry_id is not null from cases c"
        " left join queue_entries e on e.entry_id = c.cluster_id and c.state <> 'decided'"
    )
    return [
        StoredCase(
            case_id=row[2],
            tenant=Tenant(row[0], row[1]),
            subject_id=row[3],
            state=row[4],
            report_count=row[5],
            decision_id=row[6],
            offered=row[7],
        )
        for row in rows
    ]


async def _decisions(connection: asyncpg.Connection) -> list[StoredDecision]:
    rows = await connection.fetch("select decision_id, case_id, lease_id, state from decisions")
    return [StoredDecision(*row) for row in rows]


async def _subjects(connection: asyncpg.Connection) -> list[StoredSubject]:
    rows = await connection.fetch(
        "select platform_id, environment, subject_id, version, effective from subjects"
    )
    return [
        StoredSubject(Tenant(row[0], row[1]), row[2], row[3], _holdings(orjson.loads(row[4])))
        for row in rows
    ]

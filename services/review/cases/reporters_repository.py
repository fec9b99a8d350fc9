"""Who reported which case, and what became of what they reported before."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import text

from services.review.cases.reliability import Record
from services.review.database.session import Session
from shared.contracts.decision import Finding

# A record is read from so many of the reporter's last cases, and from so many decisions of those.
MOST_CASES = 200
MOST_DECISIONS = 50
# Other findings say nothing of who reported.
TELLING = (Finding.VIOLATION, Finding.NO_VIOLATION, Finding.BAD_FAITH_REPORT)

ReporterKey = tuple[str, str]  # environment, reporter's key
CaseReporter = tuple[str, str]  # case id, reporter's key


class NewReporter(NamedTuple):
    """`joined_decided`: reported what was decided already, which earns nobody a record."""

    case_id: str
    reporter_key: str
    weight: float
    joined_decided: bool


async def list_old_reporters(
    session: Session, pairs: Collection[CaseReporter]
) -> set[CaseReporter]:
    """Those pairs that are there."""
    ordered = sorted(pairs)
    rows = await session.execute(
        _OLD_REPORTERS,
        {"cases": [case for case, _ in ordered], "keys": [key for _, key in ordered]},
    )
    return {(row.case_id, row.reporter_key) for row in rows}


async def load_records(
    session: Session, reporters: Collection[ReporterKey]
) -> dict[ReporterKey, Record]:
    """What stands now of their earlier reports; absent where nothing of them is decided.

    Reads at most `MOST_CASES` cases of each.
    """
    rows = await session.execute(text(RECORDS), records_parameters(reporters))
    return {
        (row.environment, row.reporter_key): Record(row.decided, row.violations) for row in rows
    }


def records_parameters(reporters: Collection[ReporterKey]) -> dict[str, object]:
    """Of RECORDS."""
    ordered = sorted(reporters)
    return {
        "environments": [environment for environment, _ in ordered],
        "keys": [key for _, key in ordered],
    }


async def insert_reporters(session: Session, reporters: Sequence[NewReporter]) -> set[CaseReporter]:
    """Those that are new."""
    ordered = sorted(reporters)
    inserted = await session.execute(
        _INSERT_REPORTERS,
        {
            "cases": [one.case_id for one in ordered],
            "keys": [one.reporter_key for one in ordered],
            "weights": [one.weight for one in ordered],
            "joined": [one.joined_decided for one in ordered],
        },
    )
    return {(row.case_id, row.reporter_key) for row in inserted}


_OLD_REPORTERS = text(
    "select case_id, reporter_key from case_reporters join"
    " unnest(cast(:cases as text[]), cast(:keys as text[])) as wanted (case_id, reporter_key)"
    " using (case_id, reporter_key)"
)
# Ids of cases sort by their time. The inner limit keeps the plan a walk along the index: without
# it all cases are read once the table is small enough for that to look cheap.
RECORDS = f"""
select wanted.environment, wanted.reporter_key, count(*) as decided,
  count(*) filter (where known.finding = '{Finding.VIOLATION}') as violations
from unnest(cast(:environments as text[]), cast(:keys as text[]))
  as wanted (environment, reporter_key)
cross join lateral (
  select found.finding from (
    select case_id from case_reporters
    where reporter_key = wanted.reporter_key and not joined_decided
    order by case_id desc limit {MOST_CASES}
  ) reported cross join lateral (
    select d.finding from cases c join decisions d using (decision_id)
    where c.case_id = reported.case_id and c.environment = wanted.environment
      and d.state = 'final' and d.finding in ({", ".join(f"'{one}'" for one in TELLING)})
    limit 1
  ) found order by reported.case_id desc limit {MOST_DECISIONS}
) known group by 1, 2
"""
_INSERT_REPORTERS = text(
    "insert into case_reporters (case_id, reporter_key, weight, joined_decided)"
    " select * from unnest(cast(:cases as text[]), cast(:keys as text[]),"
    " cast(:weights as float8[]), cast(:joined as boolean[]))"
    " on conflict do nothing returning case_id, reporter_key"
)

"""Decisions that stand on subjects which match those asked for."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from services.review.cases.intake_repository import SubjectKey
from services.review.cases.precedents import Precedent, weight_of_precedents
from services.review.cases.rules import OPEN_STATES
from services.review.database.session import Session
from shared.contracts.decision import Finding

# The newest matches on either side of a subject, under each of its names.
MOST_MATCHES = 50
MOST_NAMES = 10


@dataclass(frozen=True)
class Due:
    """A decision as it was seen; `subject` is what it was made on."""

    decision_id: str
    state: str
    subject: SubjectKey


async def load_precedents(
    session: Session, subjects: Collection[SubjectKey]
) -> dict[SubjectKey, float]:
    """What is decided on their matches now, as weights; absent where nothing is.

    Only matches within one platform count, for what others decided is no business of it, and only
    those that nobody has taken apart.
    """
    found: dict[SubjectKey, list[Precedent]] = defaultdict(list)
    for row in await session.execute(text(PRECEDENTS), precedents_parameters(subjects)):
        found[row.environment, row.subject_id].append(
            Precedent(row.other, Finding(row.finding), row.similarity)
        )
    return {key: weight_of_precedents(precedents) for key, precedents in found.items()}


async def list_due(session: Session, most: int) -> list[Due]:
    """Decisions that were made, undone or overturned since their matches were last looked at."""
    rows = await session.execute(_DUE, {"most": most})
    return [Due(row.decision_id, row.state, (row.environment, row.subject_id)) for row in rows]


async def list_open_matched(session: Session, subjects: Collection[SubjectKey]) -> set[SubjectKey]:
    """Subjects with an open case among those that match these."""
    rows = await session.execute(_OPEN_MATCHED, precedents_parameters(subjects))
    return {(row.environment, row.subject_id) for row in rows}


async def mark_weighed(session: Session, due: Sequence[Due]) -> None:
    """Those that are still as they were seen."""
    await session.execute(
        _WEIGHED,
        {"ids": [one.decision_id for one in due], "states": [one.state for one in due]},
    )


def precedents_parameters(subjects: Collection[SubjectKey]) -> dict[str, object]:
    """Of PRECEDENTS."""
    ordered = sorted(subjects)
    return {
        "environments": [environment for environment, _ in ordered],
        "subjects": [subject for _, subject in ordered],
    }


_SIDE = (
    "(select {other} as other, similarity from matches m"
    " where m.environment = wanted.environment and m.{own} = named.name"
    " and m.younger_platform = m.elder_platform"
    f" order by m.found_at desc limit {MOST_MATCHES})"
)
# Each subject with the other sides of its matches, by their own names.
_MATCHED = f"""
unnest(cast(:environments as text[]), cast(:subjects as text[])) as wanted (environment, subject_id)
cross join lateral (
  select wanted.subject_id as name union all
  (select a.alias from subject_aliases a where a.environment = wanted.environment
    and a.subject_id = wanted.subject_id order by a.alias limit {MOST_NAMES})
) named
cross join lateral (
  {_SIDE.format(own="younger", other="elder")} union all
  {_SIDE.format(own="elder", other="younger")}
) matched
cross join lateral (
  select coalesce((select a.subject_id from subject_aliases a
    where a.environment = wanted.environment and a.alias = matched.other), matched.other)
    as subject_id
) other
"""
PRECEDENTS = f"""
select wanted.environment, wanted.subject_id, other.subject_id as other, matched.similarity,
  standing.finding
from {_MATCHED}
cross join lateral (
  select d.finding from decisions d
  where d.environment = wanted.environment and d.subject_id = other.subject_id
    and d.state = 'final' order by d.decided_at desc limit 1
) standing
where other.subject_id <> wanted.subject_id and not exists (
  select from cluster_splits s where s.environment = wanted.environment
    and s.subject_a = least(wanted.subject_id, other.subject_id)
    and s.subject_b = greatest(wanted.subject_id, other.subject_id))
"""
_OPEN = ", ".join(f"'{state}'" for state in sorted(OPEN_STATES))
_OPEN_MATCHED = text(
    f"select distinct wanted.environment, other.subject_id from {_MATCHED}"
    " join cases c on c.environment = wanted.environment and c.subject_id = other.subject_id"
    f" and c.state in ({_OPEN}) order by 1, 2"
)
_DUE = text(
    "select decision_id, state, environment, subject_id from decisions where not weighed"
    " order by decided_at limit :most"
)
# Whoever holds a row is changing it, so it will be due again; waiting for them might be a circle.
_WEIGHED = text(
    "update decisions set weighed = true where decision_id in (select d.decision_id"
    " from unnest(cast(:ids as text[]), cast(:states as text[])) as seen (decision_id, state)"
    " join decisions d using (decision_id, state) for update of d skip locked)"
)

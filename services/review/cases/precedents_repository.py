"""Decisions that stand on subjects which match those asked for."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.review.cases.intake_repository import SubjectKey
from services.review.cases.precedents import Precedent, weight_of_precedents
from shared.contracts.decision import Finding

# The newest matches on either side of a subject, under each of its names.
MOST_MATCHES = 50
MOST_NAMES = 10


async def load_precedents(
    session: AsyncSession, subjects: Collection[SubjectKey]
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
PRECEDENTS = f"""
select wanted.environment, wanted.subject_id, other.subject_id as other, matched.similarity,
  standing.finding
from unnest(cast(:environments as text[]), cast(:subjects as text[]))
  as wanted (environment, subject_id)
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

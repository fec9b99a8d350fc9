"""Numbers of the queues. Counting reads every waiting entry, so all who ask within two seconds
share one count.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from services.review.cases.list_views import QueuesView, QueueView
from services.review.cases.queue_rules import QueueLane, open_lanes
from services.review.database.engine import Database
from services.review.policies.models import Queue
from services.review.policies.repository import list_queues
from services.review.reviewers.models import Viewer

FRESH_SECONDS = 2.0


@dataclass(frozen=True)
class LaneCount:
    """What waits in one lane of a queue; `free` is in nobody's hands and meant for nobody."""

    queue_id: str
    lane: QueueLane
    depth: int
    free: int
    under_24h: int
    under_48h: int
    oldest_seconds: float
    next_deadline: datetime | None


@dataclass(frozen=True)
class Counted:
    """All queues at one time, by the database's clock."""

    at: datetime
    queues: Sequence[Queue]
    lanes: Sequence[LaneCount]


class QueueCounts:
    """One for a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counting = asyncio.Lock()
        self._counted: Counted | None = None
        self._counted_at = 0.0

    async def now(self) -> Counted:
        """At most two seconds old."""
        async with self._counting:
            age = time.monotonic() - self._counted_at
            if self._counted is None or age > FRESH_SECONDS:
                self._counted = await self._count()
                self._counted_at = time.monotonic()
            return self._counted

    async def _count(self) -> Counted:
        async with self._database.as_worker() as session:
            queues = await list_queues(session)
            rows = (await session.execute(_COUNT)).all()
            at: datetime = (await session.execute(text("select clock_timestamp()"))).scalar_one()
        lanes = [
            LaneCount(
                queue_id=row.queue_id,
                lane=QueueLane(row.language, row.clearance, row.platform_id),
                depth=row.depth,
                free=row.free,
                under_24h=row.under_24h,
                under_48h=row.under_48h,
                oldest_seconds=float(row.oldest_seconds),
                next_deadline=row.next_deadline,
            )
            for row in rows
        ]
        return Counted(at=at, queues=list(queues.values()), lanes=lanes)


def queues_view(counted: Counted, viewer: Viewer) -> QueuesView:
    """The queues that are granted to the viewer, with what waits on their platforms. Pure."""
    items = [
        _queue_view(
            queue, [lane for lane in counted.lanes if lane.queue_id == queue.queue_id], viewer
        )
        for queue in counted.queues
        if viewer.in_queue(queue.queue_id)
    ]
    return QueuesView(items=items, counted_at=counted.at)


def _queue_view(queue: Queue, lanes: Sequence[LaneCount], viewer: Viewer) -> QueueView:
    seen = [lane for lane in lanes if lane.lane.platform in viewer.platforms]
    mine = set(open_lanes([lane.lane for lane in seen], viewer))
    languages: Counter[str] = Counter()
    for lane in seen:
        languages[lane.lane.language] += lane.depth
    depth = sum(lane.depth for lane in seen)
    under_24h = sum(lane.under_24h for lane in seen)
    under_48h = sum(lane.under_48h for lane in seen)
    deadlines = [lane.next_deadline for lane in seen if lane.next_deadline is not None]
    return QueueView(
        queue_id=queue.queue_id,
        title=queue.title,
        kind=queue.kind,
        depth=depth,
        available=sum(lane.free for lane in seen if lane.lane in mine),
        oldest_age_seconds=max((lane.oldest_seconds for lane in seen), default=None),
        next_deadline=min(deadlines, default=None),
        languages=dict(languages.most_common()),
        ages={
            "under_24h": under_24h,
            "under_48h": under_48h,
            "over_48h": depth - under_24h - under_48h,
        },
    )


_COUNT = text(
    "select queue_id, language, clearance, platform_id, count(*) as depth,"
    " count(*) filter (where assigned_to is null"
    "  and (lease_id is null or lease_expires_at <= now())) as free,"
    " count(*) filter (where enqueued_at > now() - interval '24 hours') as under_24h,"
    " count(*) filter (where enqueued_at <= now() - interval '24 hours'"
    "  and enqueued_at > now() - interval '48 hours') as under_48h,"
    " extract(epoch from now() - min(enqueued_at)) as oldest_seconds,"
    " min(deadline) as next_deadline"
    " from queue_entries where not parked group by queue_id, language, clearance, platform_id"
)

"""The queues as the desk shows them."""

from services.review.cases.queue_counts import queues_view
from services.review.desk.views import AgesView, QueueView
from services.review.desk.visits import Visit


async def visible_queues(visit: Visit) -> list[QueueView]:
    """The reader's queues, from the count that all readers share for two seconds."""
    counted = queues_view(await visit.parts.queue_counts.now(), visit.viewer)
    return [
        QueueView(
            queue_id=queue.queue_id,
            title=queue.title,
            kind=queue.kind,
            depth=queue.depth,
            available=queue.available,
            oldest_seconds=queue.oldest_age_seconds,
            next_deadline=queue.next_deadline,
            languages=tuple(queue.languages),
            ages=AgesView(queue.ages["under_24h"], queue.ages["under_48h"], queue.ages["over_48h"]),
        )
        for queue in counted.items
    ]

"""How late the work of a duty is, is shown while nobody does it."""

from prometheus_client import REGISTRY

from services.review.audit import service as audit
from services.review.audit.models import Act, Actor, ActorKind
from services.review.decisions.release import release_due
from services.review.jobs.lateness import NAME, Lateness
from services.review.jobs.leader_gauges import take_off
from tests.integration.delivery.parts import World
from tests.integration.review_stream.parts import new_term

OUTBOX = "mizan_outbox_age_seconds"
TOPIC = "mizan_events_unpublished_age_seconds"
WEBHOOKS = "mizan_webhook_oldest_due_seconds"
TRAIL = "mizan_audit_waiting_age_seconds"
HOOK = (
    "insert into webhooks (webhook_id, platform_id, environment, url, events, secret, api_version)"
    " values ('wh_1', 'x', 'live', 'https://x.example', '{decision.made}', 'whsec_x', '2026-11')"
)


async def shown(world: World) -> set[str]:
    """What is late, after a turn of the duty."""
    await Lateness(world.database).step(await new_term(world.url, NAME))
    return {name for name in (OUTBOX, TOPIC, WEBHOOKS, TRAIL) if REGISTRY.get_sample_value(name)}


async def act(world: World) -> None:
    async with world.database.as_worker() as session:
        await audit.record(session, [Act(action="tested", actor=Actor(ActorKind.SYSTEM, "test"))])


async def test_what_nobody_does_is_shown_as_late(world: World) -> None:
    assert await shown(world) == set()
    await world.run(HOOK)
    await world.decide(await world.case(), "remove")
    assert await shown(world) == {OUTBOX}
    async with world.database.as_worker() as session:
        await release_due(session, review_url="https://review.example", most=10)
    assert await shown(world) == {TOPIC, WEBHOOKS}
    await act(world)
    assert await shown(world) == {TOPIC, WEBHOOKS, TRAIL}


async def test_who_leads_no_more_shows_nothing(world: World) -> None:
    await world.decide(await world.case(), "remove")
    assert await shown(world) == {OUTBOX}
    take_off(NAME)
    assert REGISTRY.get_sample_value(OUTBOX) == 0

"""Changes of policies, as an operator makes them."""

from collections.abc import Mapping

from services.review.audit import service as audit
from services.review.audit.models import Act, Actor, ActorKind
from services.review.database.session import Session
from services.review.errors import NotFound, Unacceptable
from services.review.platforms.reference import publish_policy
from services.review.policies.models import Policy
from services.review.policies.repository import (
    insert_policies,
    list_policies,
    list_queues,
    lock_policy,
)
from services.review.policies.rules import Changes, faults

OPERATOR = Actor(ActorKind.OPERATOR, "command-line")
# Cases come there by their own ways.
RESERVED_QUEUES = frozenset({"escalations"})


async def get_policy(session: Session, policy_id: str) -> Policy:
    """The version in force. Raises NotFound."""
    policy = (await list_policies(session)).get(policy_id)
    if policy is None:
        raise NotFound("policy_not_found", f"There is no policy {policy_id}.")
    return policy


async def change_policy(
    session: Session, policy_id: str, changes: Changes
) -> tuple[int, list[str]]:
    """Puts a new version in force: a row, its audit entry and its record for the services commit
    together. `changes` are fields of a policy; `actions` replaces those of the kinds it names.

    Returns the version, and which fields differ from the one before: without any there is no new
    one. Raises NotFound, and Unacceptable saying all that is wrong.
    """
    await lock_policy(session, policy_id)
    policy = await get_policy(session, policy_id)
    queues = {
        queue.queue_id: queue.kind
        for queue in (await list_queues(session)).values()
        if queue.queue_id not in RESERVED_QUEUES
    }
    if wrong := list(faults(changes, queues)):
        raise Unacceptable("invalid_policy", " ".join(wrong))
    kept = policy.model_dump()
    wanted = {**kept, **changes}
    if isinstance(actions := changes.get("actions"), Mapping):
        wanted["actions"] = {
            **policy.actions,
            **{kind: [*names] for kind, names in actions.items()},
        }
    changed = sorted(name for name in changes if wanted[name] != kept[name])
    if not changed:
        return policy.revision, []
    revision = policy.revision + 1
    await insert_policies(session, [Policy(**{**wanted, "revision": revision})])
    act = Act(
        action="policy_changed",
        actor=OPERATOR,
        before={"policy": policy_id, "revision": policy.revision},
        after={"policy": policy_id, "revision": revision, "changed": [*changed]},
    )
    await audit.record(session, [act])
    return await publish_policy(session, policy_id), changed

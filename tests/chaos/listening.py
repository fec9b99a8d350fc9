"""A platform's receiver of webhooks, and a reader that follows its feed."""

import asyncio
import hashlib
import json
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from pydantic import JsonValue
from standardwebhooks import Webhook, WebhookVerificationError

from tests.chaos.calls import Caller, Json, Unexpected
from tests.chaos.failing import WAYS, Way
from tests.chaos.history import Followed, Heard, History, Tenant
from tests.integration.delivery.receiver import OK, Misbehaviour, Received, Receiver

FAILING = 0.1
# Two of the ways hold the sender up for a quarter of a minute: when each has happened a few times,
# they become rare.
FAILING_LATER = 0.01
EACH_WAY = 3
FOLLOWING_SECONDS = 0.5
PAGE = 200


def body_digest(event: JsonValue) -> str:
    """Equal for the same event, whatever its spacing."""
    return hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()


class Listener:
    """Takes every event; now and then only at its second coming, failing first in one of the ways,
    each in its turn.
    """

    def __init__(self, history: History, seed: int) -> None:
        self._history = history
        self._seed = seed
        self._secrets: dict[Tenant, str] = {}
        self._seen: set[str] = set()
        self.failures: Counter[str] = Counter()

    @property
    def tenants(self) -> frozenset[Tenant]:
        return frozenset(self._secrets)

    async def subscribe(
        self, caller: Caller, review_url: str, receiver: Receiver, keys: Mapping[Tenant, str]
    ) -> None:
        """One webhook a tenant, for all events."""
        receiver.answer = self.answer
        for tenant, key in keys.items():
            body: Json = {"url": receiver.url(f"/{tenant.platform}/{tenant.environment}")}
            body["events"] = ["decision.made", "decision.applied", "report.quarantined"]
            made = await caller.until_known(
                "POST", f"{review_url}/v1/webhooks", token=key, body=body
            )
            if made.status != 201:
                raise Unexpected(f"no webhook for {tenant}: {made.status} {made.code}")
            self._secrets[tenant] = str(made.json()["secret"])

    def answer(self, got: Received) -> bytes | Misbehaviour:
        _, platform, environment = got.path.split("/")
        tenant = Tenant(platform, environment)
        event: Json = json.loads(got.body)
        data = event["data"]
        decision_id = data.get("decision_id") if isinstance(data, dict) else None
        event_id = got.headers["webhook-id"]
        fails = self._failing(event_id)
        genuine = self._genuine(tenant, got)
        self._history.add(
            Heard(
                tenant=tenant,
                event_id=event_id,
                decision_id=decision_id if isinstance(decision_id, str) else None,
                body=body_digest(event),
                at=time.time(),
                genuine=genuine and event["event_id"] == event_id,
                answered=fails.status if fails else 200,
            )
        )
        return fails.act if fails else OK

    def _genuine(self, tenant: Tenant, got: Received) -> bool:
        try:
            Webhook(self._secrets[tenant]).verify(got.body, got.headers)
        except WebhookVerificationError:
            return False
        return True

    def _failing(self, event_id: str) -> Way | None:
        """Never twice for an event: the second pause of the sender is half a minute."""
        first = event_id not in self._seen
        self._seen.add(event_id)
        enough = self.failures.total() >= EACH_WAY * len(WAYS)
        share = FAILING_LATER if enough else FAILING
        if not first or random.Random(f"{self._seed} {event_id}").random() >= share:
            return None
        way = WAYS[self.failures.total() % len(WAYS)]
        self.failures[way.name] += 1
        return way


class Follower:
    """Reads each tenant's feed from where it was, again and again."""

    def __init__(
        self, history: History, caller: Caller, review_url: str, keys: Mapping[Tenant, str]
    ) -> None:
        self._history = history
        self._caller = caller
        self._url = f"{review_url}/v1/decisions"
        self._keys = keys
        self._cursors: dict[Tenant, str] = {}

    async def follow(self) -> None:
        """Until cancelled."""
        while True:
            await self.read_on()
            await asyncio.sleep(FOLLOWING_SECONDS)

    async def read_on(self) -> None:
        """Up to the present end of every feed."""
        for tenant in self._keys:
            while await self._page(tenant):
                pass

    async def _page(self, tenant: Tenant) -> bool:
        """Whether there may be more."""
        cursor = self._cursors.get(tenant)
        url = f"{self._url}?limit={PAGE}" + (f"&cursor={cursor}" if cursor else "")
        page = (await self._caller.until_known("GET", url, token=self._keys[tenant])).json()
        for event in listed(page):
            self._history.add(Followed(tenant, str(event["event_id"]), time.time()))
        self._cursors[tenant] = str(page["resume_cursor"])
        return page["next_cursor"] is not None


def listed(page: Json) -> Sequence[Json]:
    """The items of a page."""
    items = page["items"]
    assert isinstance(items, list)
    return [item for item in items if isinstance(item, dict)]

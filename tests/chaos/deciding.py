"""Reviewers at work: they claim, decide, change their minds, and sometimes walk away."""

import asyncio
import hashlib
import random
import time
from dataclasses import dataclass, replace
from datetime import datetime

import orjson

from tests.chaos.calls import Answer, Caller, Json, Unexpected
from tests.chaos.history import Claimed, Deciding, History, Released, Undoing
from tests.running_stack import ReviewerEntry

FORGOTTEN = 0.07
GIVEN_BACK = 0.05
SENT_TWICE = 0.15
UNDONE = 0.2
REMOVED = 0.8
MOST_CLAIMS = 3
# Of undo windows after the decision: some come too late.
LATEST_UNDO = 1.3
LOOKS = 3
IDLE_SECONDS = 0.2
QUEUES = ("threats", "hate", "fraud", "other", "armed-groups")


@dataclass(frozen=True)
class Held:
    """A lease in hand, and what its holder has seen of the case. `again`: after an undo."""

    claim: Claimed
    token: str
    case_id: str
    policy_id: str
    seen: Json
    again: bool = False


@dataclass(frozen=True)
class MindChange:
    """A decision that its reviewer will try to take back at a time."""

    at: float
    decided: Answer


class Reviewer:
    """One person at one desk."""

    def __init__(
        self,
        person: ReviewerEntry,
        *,
        review_url: str,
        caller: Caller,
        history: History,
        chance: random.Random,
        undo_seconds: float,
    ) -> None:
        self._person = person
        self._url = f"{review_url}/api/v1"
        self._caller = caller
        self._history = history
        self._chance = chance
        self._undo_seconds = undo_seconds
        self._token = ""
        self._forgotten: list[Held] = []
        self._regrets: list[MindChange] = []
        self.decided = 0

    async def work(self, stop: asyncio.Event) -> None:
        """Until told to stop; then what was begun is ended."""
        await self._log_in()
        while not stop.is_set():
            held = await self._claim()
            for one in held:
                await self._deal_with(one)
                await self._come_back()
            if not held:
                await self._come_back()
                await asyncio.sleep(IDLE_SECONDS)

    async def _log_in(self) -> None:
        body: Json = {"email": self._person["email"], "password": self._person["password"]}
        answer = await self._caller.until_known("POST", f"{self._url}/session", body=body)
        self._token = str(expected(answer, 200)["token"])

    async def _claim(self) -> list[Held]:
        queue = self._chance.choice(QUEUES)
        size = self._chance.randint(1, MOST_CLAIMS)
        answer = await self._caller.until_known(
            "POST", f"{self._url}/queues/{queue}/claims", token=self._token, body={"size": size}
        )
        claims = expected(answer, 200)["claims"]
        assert isinstance(claims, list)
        return [self._held(claim, answer) for claim in claims if isinstance(claim, dict)]

    def _held(self, claim: Json, answer: Answer, *, again: bool = False) -> Held:
        lease, case = part(claim, "lease"), part(claim, "case")
        cluster = case["cluster"]
        case_id = str(claim["case_id"])
        members = cluster["case_ids"] if isinstance(cluster, dict) else [case_id]
        assert isinstance(members, list)
        granted = Claimed(
            lease_id=str(lease["lease_id"]),
            reviewer=self._person["email"],
            case_ids=tuple(sorted({case_id, *map(str, members)})),
            platform=str(case["platform"]),
            began=answer.began,
            ended=answer.ended,
            until=datetime.fromisoformat(str(lease["expires_at"])).timestamp(),
        )
        self._history.add(granted)
        policy = part(case, "policy")["policy_id"]
        return Held(granted, str(lease["token"]), case_id, str(policy), seen(case), again)

    async def _deal_with(self, held: Held) -> None:
        chosen = self._chance.random()
        if chosen < FORGOTTEN:
            self._forgotten.append(held)
        elif chosen < FORGOTTEN + GIVEN_BACK:
            await self._give_back(held)
        else:
            await self._decide(held)

    async def _come_back(self) -> None:
        """To leases that have run out, and to decisions that are regretted."""
        now = time.time()
        late = [held for held in self._forgotten if held.claim.until < now]
        self._forgotten = [held for held in self._forgotten if held.claim.until >= now]
        due = [regret for regret in self._regrets if regret.at < now]
        self._regrets = [regret for regret in self._regrets if regret.at >= now]
        for held in late:
            await self._decide(held)
        for regret in due:
            await self._undo(regret.decided)

    async def _give_back(self, held: Held) -> None:
        def heard(answer: Answer) -> None:
            self._history.add(
                Released(
                    held.claim.lease_id,
                    held.claim.reviewer,
                    answer.began,
                    answer.ended,
                    answer.status,
                )
            )

        url = f"{self._url}/leases/{held.claim.lease_id}"
        await self._caller.until_known(
            "DELETE", url, token=self._token, lease=held.token, heard=heard
        )

    async def _decide(self, held: Held) -> None:
        """Looks again where the case is no longer what was seen, a few times."""
        for _ in range(LOOKS):
            body = self._verdict(held)
            tries = 2 if self._chance.random() < SENT_TWICE else 1
            answer, *_ = await asyncio.gather(*(self._send(held, body) for _ in range(tries)))
            if answer.status == 201:
                self._decided(held, answer)
                return
            if answer.code not in {"content_changed", "cluster_changed"}:
                return
            held = await self._look_again(held)
        await self._give_back(held)

    def _verdict(self, held: Held) -> Json:
        body: Json = {"lease_token": held.token, "seen": held.seen, "ground": "terms"}
        if self._chance.random() < REMOVED:
            body |= {"finding": "violation", "actions": [{"action": "remove"}]}
            body |= {"policy_ids": [held.policy_id], "reason": "Not allowed here."}
        else:
            body |= {"finding": "no_violation", "reason": "Nothing is wrong with it."}
        return body

    async def _send(self, held: Held, body: Json) -> Answer:
        digest = hashlib.sha256(orjson.dumps(body)).hexdigest()[:16]

        def heard(answer: Answer) -> None:
            self._history.add(
                Deciding(
                    lease_id=held.claim.lease_id,
                    reviewer=held.claim.reviewer,
                    case_id=held.case_id,
                    request=digest,
                    began=answer.began,
                    ended=answer.ended,
                    status=answer.status,
                    code=answer.code,
                    decisions=made(answer) if answer.status == 201 else (),
                )
            )

        url = f"{self._url}/cases/{held.case_id}/decisions"
        answer = await self._caller.until_known(
            "POST", url, token=self._token, body=body, heard=heard
        )
        if answer.status not in {201, 409}:
            raise Unexpected(f"a decision was answered {answer.status} {answer.body[:300]!r}")
        return answer

    def _decided(self, held: Held, answer: Answer) -> None:
        self.decided += 1
        if not held.again and self._chance.random() < UNDONE:
            after = self._chance.uniform(0, LATEST_UNDO) * self._undo_seconds
            self._regrets.append(MindChange(answer.ended + after, answer))

    async def _undo(self, decided: Answer) -> None:
        ids = tuple(decision_id for _, decision_id in made(decided))

        def heard(answer: Answer) -> None:
            self._history.add(
                Undoing(
                    ids,
                    self._person["email"],
                    answer.began,
                    answer.ended,
                    answer.status,
                    answer.code,
                )
            )

        url = f"{self._url}/decisions/{ids[0]}/undo"
        answer = await self._caller.until_known(
            "POST", url, token=self._token, body={"reason": "a slip"}, heard=heard
        )
        if answer.status not in {200, 409}:
            raise Unexpected(f"an undo was answered {answer.status} {answer.body[:300]!r}")
        if answer.status == 200 and answer.json()["lease"] is not None:
            await self._deal_with(await self._reopened(answer))

    async def _reopened(self, answer: Answer) -> Held:
        """The lease that an undo gives."""
        undone = answer.json()
        case = await self._case(str(undone["case_id"]))
        claim: Json = {"case_id": undone["case_id"], "lease": undone["lease"], "case": case}
        return self._held(claim, answer, again=True)

    async def _look_again(self, held: Held) -> Held:
        return replace(held, seen=seen(await self._case(held.case_id)))

    async def _case(self, case_id: str) -> Json:
        url = f"{self._url}/cases/{case_id}"
        return expected(await self._caller.until_known("GET", url, token=self._token), 200)


def expected(answer: Answer, status: int) -> Json:
    """The body of an answer that has this status. Raises Unexpected for another."""
    if answer.status != status:
        raise Unexpected(f"{answer.status} instead of {status}: {answer.body[:300]!r}")
    return answer.json()


def part(document: Json, name: str) -> Json:
    value = document[name]
    assert isinstance(value, dict), name
    return value


def seen(case: Json) -> Json:
    cluster = case["cluster"]
    return {
        "case_version": case["case_version"],
        "content_digest": case["content_digest"],
        "cluster_version": cluster["cluster_version"] if isinstance(cluster, dict) else None,
    }


def made(answer: Answer) -> tuple[tuple[str, str], ...]:
    """(case, decision) of all that were decided together, the case asked for first."""
    decisions = answer.json()["decisions"]
    assert isinstance(decisions, list)
    return tuple(
        (str(one["case_id"]), str(one["decision_id"])) for one in decisions if isinstance(one, dict)
    )

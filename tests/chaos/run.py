"""A whole run: a stack of its own, clients, deaths, silence, and the reckoning."""

import asyncio
import contextlib
import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.backlog import Away, Backlog, watching
from tests.chaos.calls import Caller
from tests.chaos.checks.checker import anomalies
from tests.chaos.deciding import Reviewer
from tests.chaos.freezing import freeze_leader
from tests.chaos.history import History, Tenant
from tests.chaos.killing import Killer
from tests.chaos.listening import Follower, Listener
from tests.chaos.outages import SERVERS, ask_all_to_end, hold_still
from tests.chaos.plan import Options, plan
from tests.chaos.posting import Postbox
from tests.chaos.reading import Reader
from tests.chaos.summary import Outcome, figures
from tests.chaos.traffic import envelopes
from tests.integration.delivery.receiver import receiving
from tests.running_stack import ROOT, Ready, RunningStack
from tests.waiting import nothing_left

UNDO_SECONDS = 3.0
LEASE_SECONDS = 6.0
DESKS_A_PERSON = 2
# Below this the run says nothing of decisions.
LEAST_DECISIONS_A_REPORT = 0.05
Say = Callable[[str], None]


@dataclass
class Clients:
    """Everybody outside: they share one history."""

    history: History
    posting: Caller
    reviewing: Caller
    reading: Caller
    postbox: Postbox
    reviewers: Sequence[Reviewer]
    follower: Follower
    listener: Listener
    keys: dict[Tenant, str]

    @property
    def decided(self) -> int:
        return sum(reviewer.decided for reviewer in self.reviewers)

    @property
    def broken(self) -> int:
        callers = (self.posting, self.reviewing, self.reading)
        return sum(caller.under_way.broken for caller in callers)

    async def close(self) -> None:
        for caller in (self.posting, self.reviewing, self.reading):
            await caller.close()
        self.history.close()


def clients(ready: Ready, options: Options, folder: Path) -> Clients:
    """None of them acts yet."""
    history = History(file=folder / "history.jsonl")
    posting, reviewing, reading = (
        Caller(random.Random(f"{options.seed} {name}")) for name in ("post", "review", "read")
    )
    keys = keys_of(ready)
    people = [
        person for person in ready["reviewers"] if {"reviewer", "senior"} & set(person["roles"])
    ]
    return Clients(
        history=history,
        posting=posting,
        reviewing=reviewing,
        reading=reading,
        postbox=Postbox(
            envelopes(options.seed, options.reports),
            url=ready["ingest_url"],
            keys=keys,
            caller=posting,
            history=history,
        ),
        reviewers=[
            Reviewer(
                person,
                review_url=ready["review_url"],
                caller=reviewing,
                history=history,
                chance=random.Random(f"{options.seed} {person['email']} {desk}"),
                undo_seconds=UNDO_SECONDS,
            )
            for person in people
            for desk in range(DESKS_A_PERSON)
        ],
        follower=Follower(history, reading, ready["review_url"], keys),
        listener=Listener(history, options.seed),
        keys=keys,
    )


def keys_of(ready: Ready) -> dict[Tenant, str]:
    return {
        Tenant(platform["name"], environment): key
        for platform in ready["platforms"]
        for environment, key in (("live", platform["api_key"]), ("test", platform["test_key"]))
    }


async def run(
    options: Options,
    folder: Path,
    say: Say = lambda _: None,
    stepped: Callable[[], None] = lambda: None,
) -> Outcome:
    """Raises for a stack that does not come up or heal, for an answer that no client should get,
    and for a death with too little in flight; everything else is in the outcome.
    """
    began = time.monotonic()
    stack = RunningStack(
        folder / "var",
        {"MIZAN_UNDO_SECONDS": str(UNDO_SECONDS), "MIZAN_LEASE_SECONDS": str(LEASE_SECONDS)},
    )
    try:
        ready = await asyncio.to_thread(stack.start)
        say(f"the stack is ready after {time.monotonic() - began:.0f} s")
        outside = clients(ready, options, folder)
        async with (
            receiving() as receiver,
            watching(ready["kafka"], ready["database_url"]) as backlog,
        ):
            await outside.listener.subscribe(
                outside.reading, ready["review_url"], receiver, outside.keys
            )
            killer = Killer(
                stack,
                postbox=outside.postbox,
                reviewing=outside.reviewing.under_way,
                backlog=backlog,
                chance=random.Random(f"{options.seed} kill"),
                say=say,
                stepped=stepped,
            )
            async with at_work(outside, options):
                await killer.carry_out(plan(options))
                freeze = await freeze_leader(stack, killer, backlog, say)
                await ask_all_to_end(stack, killer, outside.postbox, say)
                outages = [
                    await hold_still(
                        role,
                        options.outage_seconds,
                        stack=stack,
                        killer=killer,
                        postbox=outside.postbox,
                        say=say,
                    )
                    for role in SERVERS
                ]
                await killer.close()
                await everything_posted(outside, options)
            say(f"all is posted and decided after {time.monotonic() - began:.0f} s")
            await drained(backlog)
            await outside.follower.read_on()
            say(f"all is through after {time.monotonic() - began:.0f} s")
            reader = Reader(outside.reading, ready["review_url"], outside.keys)
            account = await reader.account(
                outside.history, ready["database_url"], outside.listener.tenants
            )
            say(f"all is read after {time.monotonic() - began:.0f} s")
        await outside.close()
        broken = anomalies(outside.history, account)
        say(f"all is checked after {time.monotonic() - began:.0f} s")
        said = await asyncio.to_thread(broken_invariants, stack.var)
        say(f"invariants after {time.monotonic() - began:.0f} s")
        return Outcome(
            seed=options.seed,
            seconds=time.monotonic() - began,
            shots=killer.shots,
            freeze=freeze,
            outages=outages,
            failures=dict(outside.listener.failures),
            figures=figures(outside.history, account, broken, outside.broken),
            anomalies=broken,
            invariants=said,
        )
    finally:
        await asyncio.to_thread(stack.clean_up)


@contextlib.asynccontextmanager
async def at_work(outside: Clients, options: Options) -> AsyncIterator[None]:
    """Posting, deciding and following inside the block; a fault of any of them ends it."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        posting = group.create_task(outside.postbox.post_all())
        following = group.create_task(outside.follower.follow())
        for reviewer in outside.reviewers:
            group.create_task(reviewer.work(stop))
        yield
        stop.set()
        posting.cancel()
        following.cancel()


async def everything_posted(outside: Clients, options: Options) -> None:
    """What is left is posted, and enough is decided."""
    outside.postbox.release(outside.postbox.left)
    least = round(LEAST_DECISIONS_A_REPORT * options.reports)

    async def left() -> int:
        return outside.postbox.unposted + max(0, least - outside.decided)

    await nothing_left(left, what=f"everything is posted, {least} are decided")


async def drained(backlog: Backlog) -> None:
    """Nothing lies between the parts any more."""

    async def left() -> int:
        try:
            return await backlog.total()
        except Away:
            return 1  # at the least

    await nothing_left(left, what="everything is through")


def broken_invariants(var: Path) -> str:
    """What `mizan invariants` says of the running system, "" when it ends with 0."""
    done = subprocess.run(
        [sys.executable, "-m", "services.command_line", "invariants"],
        cwd=ROOT,
        env={**os.environ, "MIZAN_VAR": str(var)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr if done.returncode else ""

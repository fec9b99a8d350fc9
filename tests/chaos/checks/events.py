"""What platforms are told: all of it, once it is sure, in versions that add up. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tests.chaos.account import Account, StoredSubject, Told
from tests.chaos.checks.anomaly import Anomaly, Kind
from tests.chaos.checks.decisions import FINAL
from tests.chaos.history import Followed, Heard, History, Tenant

SubjectKey = tuple[Tenant, str]


def check_events(history: History, account: Account) -> Iterator[Anomaly]:
    for tenant, feed in account.feeds.items():
        yield from _feed(tenant, feed, account)
    yield from _followed(history, account)
    yield from _hooks(history, account)
    yield from _all_told(account)
    yield from _states(account)


def _feed(tenant: Tenant, feed: Sequence[Told], account: Account) -> Iterator[Anomaly]:
    decisions = {decision.decision_id for decision in account.decisions}
    for event_id, times in Counter(told.event_id for told in feed).items():
        if times > 1:
            yield Anomaly(Kind.FEED_REWRITTEN, f"{event_id} is in the feed {times} times")
    for told in feed:
        if told.tenant != tenant:
            yield Anomaly(Kind.EVENT_FROM_NOWHERE, f"{tenant} reads an event of {told.tenant}")
        if told.decision_id is not None and told.decision_id not in decisions:
            yield Anomaly(Kind.EVENT_FROM_NOWHERE, f"{told.event_id} tells of {told.decision_id}")


def _followed(history: History, account: Account) -> Iterator[Anomaly]:
    """Who follows by cursor meets the very feed that is there at the end."""
    followed: dict[Tenant, list[str]] = defaultdict(list)
    for met in history.all(Followed):
        followed[met.tenant].append(met.event_id)
    for tenant, ids in followed.items():
        feed = [told.event_id for told in account.feeds.get(tenant, ())]
        if ids != feed[: len(ids)]:
            place = next(n for n, met in enumerate(ids) if feed[n : n + 1] != [met])
            yield Anomaly(Kind.FEED_REWRITTEN, f"of {tenant} at {place}: {ids[place]} was there")


def _hooks(history: History, account: Account) -> Iterator[Anomaly]:
    """Every event arrives, as it is in the feed, and nothing else does."""
    feeds = {
        tenant: {told.event_id: told.body for told in feed}
        for tenant, feed in account.feeds.items()
    }
    taken: set[tuple[Tenant, str]] = set()
    for heard in history.all(Heard):
        if not heard.genuine:
            yield Anomaly(Kind.EVENT_FORGED, f"{heard.event_id} at {heard.tenant}")
        body = feeds.get(heard.tenant, {}).get(heard.event_id)
        if body is None:
            yield Anomaly(Kind.EVENT_FROM_NOWHERE, f"{heard.event_id} came to {heard.tenant}")
        elif body != heard.body:
            yield Anomaly(Kind.EVENT_CHANGED, f"{heard.event_id} differs from the feed")
        if heard.taken:
            taken.add((heard.tenant, heard.event_id))
    for tenant in account.hooked:
        for event_id in feeds.get(tenant, {}):
            if (tenant, event_id) not in taken:
                yield Anomaly(Kind.EVENT_LOST, f"{event_id} never reached {tenant}")


def _all_told(account: Account) -> Iterator[Anomaly]:
    """Every standing decision is told, and with it every report on its case."""
    events = [told for feed in account.feeds.values() for told in feed]
    made = {told.decision_id for told in events if told.type == "decision.made"}
    standing = {one.case_id: one.decision_id for one in account.decisions if one.state == FINAL}
    for case_id, decision_id in standing.items():
        if decision_id not in made:
            yield Anomaly(Kind.EVENT_LOST, f"{decision_id} on {case_id} was told to nobody")
    cut = {told.decision_id for told in events if told.reports_total > len(told.report_ids)}
    told_of = {(told.decision_id, report) for told in events for report in told.report_ids}
    for report in account.reports:
        standing_id = standing.get(report.case_id)
        if standing_id in made - cut and (standing_id, report.report_id) not in told_of:
            yield Anomaly(Kind.REPORT_NOT_TOLD, f"{report.name} is decided by {standing_id}")


def _states(account: Account) -> Iterator[Anomaly]:
    by_subject: dict[SubjectKey, list[Told]] = defaultdict(list)
    for feed in account.feeds.values():
        for told in feed:
            if told.subject_id is not None and told.version is not None:
                by_subject[told.tenant, told.subject_id].append(told)
    stored = {(subject.tenant, subject.subject_id): subject for subject in account.subjects}
    for key, events in by_subject.items():
        versions = [told.version for told in events]
        if versions != list(range(1, len(events) + 1)):
            yield Anomaly(Kind.VERSION_BROKEN, f"{key[1]} of {key[0]} goes {versions}")
            continue
        yield from _sum(key, events, stored.get(key))
    for key, subject in stored.items():
        if key not in by_subject and (subject.version or subject.effective):
            yield Anomaly(Kind.STATE_DIFFERS, f"{key[1]} has a state of which nobody was told")


def _sum(
    key: SubjectKey, events: Sequence[Told], stored: StoredSubject | None
) -> Iterator[Anomaly]:
    """Each event has the sum of all up to it, and the last is what the system itself holds."""
    held: dict[str | None, tuple[str, ...]] = {}
    for told in events:
        held = after(held, told)
        summed = {(action, by) for by, actions in held.items() for action in actions}
        if summed != set(told.effective):
            yield Anomaly(Kind.STATE_DIFFERS, f"{told.event_id} does not add up for {key[1]}")
    last = events[-1]
    if stored is None or stored.version != last.version:
        version = stored.version if stored else None
        yield Anomaly(Kind.LOWER_VERSION_WINS, f"{key[1]}: {version}, told {last.version}")
    elif set(stored.effective) != set(last.effective):
        yield Anomaly(Kind.STATE_DIFFERS, f"{key[1]} is not in the state that was told last")


def after(
    held: Mapping[str | None, tuple[str, ...]], told: Told
) -> dict[str | None, tuple[str, ...]]:
    """Actions that hold after the event, by decision; written anew here, not taken from the code
    that is checked.
    """
    if told.type == "decision.applied":
        return dict(held)
    rest = {by: what for by, what in held.items() if by not in {told.decision_id, told.reverses}}
    if told.type == "decision.expired" or not told.actions:
        return rest
    return {**rest, told.decision_id: told.actions}

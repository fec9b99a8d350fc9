"""What others do with a case, and what became of it, as sentences."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from pydantic import JsonValue

from services.review.desk.repository import Standing
from services.review.desk.visits import by_name
from services.review.desk.words import Words
from services.review.errors import Conflict

FINISHED = frozenset({"decided", "closed"})
# What was looked at is not what it was; the rest is told by what became of the lease.
CHANGED = {
    "content_changed": "lost.changed",
    "cluster_changed": "lost.cluster",
    "not_claimable": "lost.not_open",
}


def others_sentence(words: Words, names: Sequence[str]) -> Markup:
    """Who else has the case open."""
    if not names:
        return words("others.nobody")
    return words("others.viewing", count=len(names), names=words("list.comma").join(names))


def lost_sentence(words: Words, lost: Conflict) -> Markup:
    """Why the case is not the reader's as they had it: who has it, or who decided what."""
    if lost.code in CHANGED:
        return words(CHANGED[lost.code])
    by = lost.facts.get("by")
    name = by.get("name") if isinstance(by, dict) else None
    what = lost.facts.get("what")
    if name is None or what == "expired":
        return words("lost.nobody")
    if what == "decided":
        return words("lost.decided", name=by_name(str(name)), what=_what(words, lost.facts))
    return words("lost.leased", name=by_name(str(name)))


def news_sentence(words: Words, now: Standing, *, state: str, taken: str) -> Markup | None:
    """What happened since a page was made that shows the case in that state, taken by that name."""
    if now.state in FINISHED and state not in FINISHED:
        if now.finding is None:
            return words("others.closed")
        what = done(words, finding=now.finding, actions=now.actions or ())
        return words("others.decided", name=by_name(now.decided_by), what=what)
    if now.taken_by and now.taken_by != taken:
        return words("others.taken", name=by_name(now.taken_by))
    return None


def done(words: Words, *, finding: str, actions: Sequence[Mapping[str, JsonValue]]) -> Markup:
    """What was decided, in short, as in "Removed. Suspended." """
    kinds = [str(action.get("action")) for action in actions] or [finding]
    return Markup(" ").join(words.or_else(f"undone.{kind}", kind) for kind in kinds)


def _what(words: Words, facts: Mapping[str, JsonValue]) -> Markup:
    outcome, kinds = facts.get("outcome"), facts.get("actions")
    if outcome is not None:
        return words.or_else(f"appeal.was_{outcome}", str(outcome))
    actions = [{"action": kind} for kind in kinds] if isinstance(kinds, list) else []
    return done(words, finding=str(facts.get("finding")), actions=actions)

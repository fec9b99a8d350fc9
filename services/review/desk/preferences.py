"""What reviewers set for themselves: their keys, and how media is shown to them. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from services.review.desk.keymap import KEYMAP, Act, Binding, Scope, bindings_for, collisions
from services.review.desk.media import Term

# Keys with a name; every other key is the one character that it writes.
NAMED_KEYS = frozenset({"Enter", "Escape", "ArrowUp", "ArrowDown", "Home", "End", "Delete"})
MOST_STROKES = 2


class Preferences(BaseModel):
    """`keys` has what differs from the keymap, as it is typed: "g q"; `media` what differs from the
    organisation's terms.
    """

    model_config = ConfigDict(frozen=True)

    keys_on: bool = True
    keys: dict[Act, str] = {}
    media: dict[Term, bool] = {}


DEFAULT = Preferences()


def preferences_of(stored: Mapping[str, JsonValue] | None) -> Preferences:
    """What was stored; the defaults where a later or earlier version stored something else."""
    try:
        found = Preferences.model_validate(stored or {})
    except ValidationError:
        return DEFAULT
    return DEFAULT if wrong_keys(found.keys) else found


def own_keymap(keys: Mapping[Act, str]) -> tuple[Binding, ...]:
    """The keymap with the reader's keys. Of two keys for one act on a page the first is theirs."""
    seen: set[tuple[Scope, Act]] = set()
    found = []
    for binding in KEYMAP:
        first = (binding.scope, binding.act) not in seen
        seen.add((binding.scope, binding.act))
        typed = keys.get(binding.act) if first and not binding.ctrl else None
        strokes = binding.keys if typed is None else tuple(typed.split())
        found.append(replace(binding, keys=strokes))
    return tuple(found)


def wrong_keys(keys: Mapping[Act, str]) -> dict[Act, str]:
    """Why each of the keys cannot be had: `unreadable`, or `taken` by another act of the page."""
    wrong = {act: "unreadable" for act, typed in keys.items() if not _readable(typed)}
    readable = {act: typed for act, typed in keys.items() if act not in wrong}
    keymap = own_keymap(readable)
    for scope in Scope:
        for pair in collisions(bindings_for(scope, keymap)):
            wrong |= {binding.act: "taken" for binding in pair if binding.act in readable}
    return wrong


def _readable(typed: str) -> bool:
    strokes = typed.split()
    return 1 <= len(strokes) <= MOST_STROKES and all(
        stroke in NAMED_KEYS or (len(stroke) == 1 and stroke.isprintable()) for stroke in strokes
    )

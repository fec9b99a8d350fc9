"""The keys of the desk, as data: the legend, the palette, the caps on buttons and the script in the
browser all read this one table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """Where a key holds. `ANYWHERE` holds on every page, beside the page's own scope."""

    ANYWHERE = "anywhere"
    LIST = "list"
    CASE = "case"
    APPEAL = "appeal"


class Act(StrEnum):
    """What a key does. The element that carries the act in `data-act` is clicked or focused; those
    without an element are known to the script.
    """

    SEARCH = "search"
    QUEUES = "queues"
    WORK = "work"
    LEGEND = "legend"
    PALETTE = "palette"
    UNDO = "undo"
    BACK = "back"
    NEXT = "next"
    PREVIOUS = "previous"
    OPEN = "open"
    STRONG = "strong"
    NO_VIOLATION = "no_violation"
    ESCALATE = "escalate"
    SKIP = "skip"
    HOLD = "hold"
    ASSIGN = "assign"
    NOTE = "note"
    POLICY = "policy"
    REASON = "reason"
    SUSPEND = "suspend"
    DISABLE = "disable"
    OTHER = "other"
    COVER = "cover"
    CLAIM = "claim"
    POLICY_1 = "policy_1"
    POLICY_2 = "policy_2"
    POLICY_3 = "policy_3"
    POLICY_4 = "policy_4"
    POLICY_5 = "policy_5"
    POLICY_6 = "policy_6"
    POLICY_7 = "policy_7"
    POLICY_8 = "policy_8"
    POLICY_9 = "policy_9"
    UPHOLD = "uphold"
    OVERTURN = "overturn"
    MODIFY = "modify"


@dataclass(frozen=True)
class Binding:
    """`keys` are pressed one after the other: ("g", "q"). `ctrl` asks for Ctrl or Command with it;
    every other key is ignored while Ctrl, Command or Alt is down, and in a field.
    """

    act: Act
    scope: Scope
    keys: tuple[str, ...]
    ctrl: bool = False

    @property
    def shown(self) -> str:
        """For the eye: `g q`, `Ctrl K`."""
        return f"Ctrl {self.keys[0].upper()}" if self.ctrl else " ".join(self.keys)

    @property
    def aria(self) -> str:
        """For `aria-keyshortcuts`, which knows no sequences: those are told by the legend alone."""
        if len(self.keys) > 1:
            return ""
        return f"Control+{self.keys[0]}" if self.ctrl else self.keys[0]


def _binding(scope: Scope, act: Act, *keys: str, ctrl: bool = False) -> Binding:
    return Binding(act=act, scope=scope, keys=keys, ctrl=ctrl)


def _case_keys(scope: Scope) -> tuple[Binding, ...]:
    return (
        _binding(scope, Act.NEXT, "j"),
        _binding(scope, Act.PREVIOUS, "k"),
        _binding(scope, Act.BACK, "u"),
        _binding(scope, Act.BACK, "Escape"),
        _binding(scope, Act.COVER, "v"),
        _binding(scope, Act.NOTE, "n"),
        _binding(scope, Act.POLICY, "p"),
        _binding(scope, Act.REASON, "w"),
        _binding(scope, Act.CLAIM, "c"),
        *(_binding(scope, Act(f"policy_{digit}"), str(digit)) for digit in range(1, 10)),
    )


KEYMAP: tuple[Binding, ...] = (
    _binding(Scope.ANYWHERE, Act.UNDO, "z"),
    _binding(Scope.ANYWHERE, Act.SEARCH, "/"),
    _binding(Scope.ANYWHERE, Act.QUEUES, "g", "q"),
    _binding(Scope.ANYWHERE, Act.WORK, "g", "w"),
    _binding(Scope.ANYWHERE, Act.LEGEND, "?"),
    _binding(Scope.ANYWHERE, Act.PALETTE, "k", ctrl=True),
    _binding(Scope.LIST, Act.NEXT, "j"),
    _binding(Scope.LIST, Act.PREVIOUS, "k"),
    _binding(Scope.LIST, Act.OPEN, "Enter"),
    _binding(Scope.LIST, Act.BACK, "u"),
    _binding(Scope.LIST, Act.BACK, "Escape"),
    *_case_keys(Scope.CASE),
    _binding(Scope.CASE, Act.STRONG, "r"),
    _binding(Scope.CASE, Act.NO_VIOLATION, "a"),
    _binding(Scope.CASE, Act.ESCALATE, "e"),
    _binding(Scope.CASE, Act.SKIP, "s"),
    _binding(Scope.CASE, Act.HOLD, "h"),
    _binding(Scope.CASE, Act.ASSIGN, "t"),
    _binding(Scope.CASE, Act.SUSPEND, "x"),
    _binding(Scope.CASE, Act.DISABLE, "d"),
    _binding(Scope.CASE, Act.OTHER, "o"),
    *_case_keys(Scope.APPEAL),
    _binding(Scope.APPEAL, Act.UPHOLD, "f"),
    _binding(Scope.APPEAL, Act.OVERTURN, "y"),
    _binding(Scope.APPEAL, Act.MODIFY, "m"),
)


def bindings_for(scope: Scope, keymap: Sequence[Binding] = KEYMAP) -> tuple[Binding, ...]:
    """What holds on a page of that scope, its own keys first."""
    own = tuple(binding for binding in keymap if binding.scope is scope)
    anywhere = tuple(binding for binding in keymap if binding.scope is Scope.ANYWHERE)
    return anywhere if scope is Scope.ANYWHERE else own + anywhere


def first_binding(scope: Scope, act: Act, keymap: Sequence[Binding] = KEYMAP) -> Binding | None:
    """The key that a button of this act wears."""
    return next((binding for binding in bindings_for(scope, keymap) if binding.act is act), None)


def collisions(bindings: Iterable[Binding]) -> list[tuple[Binding, Binding]]:
    """Pairs that cannot both be reached: the same keys, or one the beginning of the other."""
    seen: list[Binding] = []
    found = []
    for binding in bindings:
        for other in seen:
            short = min(len(binding.keys), len(other.keys))
            if binding.ctrl == other.ctrl and binding.keys[:short] == other.keys[:short]:
                found.append((other, binding))
        seen.append(binding)
    return found

"""What a policy may say. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from shared.contracts.decision import ActionKind
from shared.contracts.report import SubjectKind

LONGEST_TITLE = 200
LONGEST_TEXT = 20_000

# Fields of a policy by name, as they should be.
Changes = Mapping[str, str | float | bool | Mapping[str, Sequence[str]]]


def faults(changes: Changes, queues: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each field that cannot be so. `queues` maps those there are to their kind."""
    title, text = changes.get("title"), changes.get("text")
    if title is not None and not 0 < len(str(title).strip()) <= LONGEST_TITLE:
        yield f"A title has 1 to {LONGEST_TITLE} characters."
    if text is not None and not 0 < len(str(text).strip()) <= LONGEST_TEXT:
        yield f"A text has 1 to {LONGEST_TEXT} characters."
    queue = changes.get("queue_id")
    if queue is not None and queues.get(str(queue)) != "cases":
        open_ones = ", ".join(name for name, kind in queues.items() if kind == "cases")
        yield f"There is no queue {queue} that cases come into; there are {open_ones}."
    actions = changes.get("actions")
    if isinstance(actions, Mapping):
        yield from _action_faults(actions)


def _action_faults(actions: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for kind, names in actions.items():
        if kind not in set(SubjectKind):
            yield f"There is no kind of subject {kind}; there are {', '.join(SubjectKind)}."
        for name in names:
            if name not in set(ActionKind):
                yield f"There is no action {name}; there are {', '.join(ActionKind)}."
        if not names:
            yield f"No action at all for {kind}: retire the policy instead."
        if len(set(names)) < len(names):
            yield f"An action for {kind} is named twice."

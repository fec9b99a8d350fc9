"""Queues and policies of a new installation. An edit is a new revision and is never undone here.

Severity is harm per view against that of the mildest policy, 1 to 100.
"""

from dataclasses import dataclass

from services.review.policies.models import Policy, Queue
from shared.contracts.decision import ActionKind as Do
from shared.contracts.report import SubjectKind

STANDING_DAYS = 30
REOPEN_REPORTERS = 10
APPEAL_DAYS = 180


@dataclass(frozen=True)
class _Actions:
    content: tuple[Do, ...]
    holder: tuple[Do, ...]  # of an account or a group

    def as_json(self) -> dict[str, list[str]]:
        holder = [str(action) for action in self.holder]
        return {
            SubjectKind.CONTENT.value: [str(action) for action in self.content],
            SubjectKind.ACCOUNT.value: holder,
            SubjectKind.GROUP.value: holder,
        }


_HOLDER = (Do.WARN, Do.STRIKE, Do.LIMIT_INTERACTION, Do.DEMONETISE, Do.SUSPEND, Do.DISABLE)

# Nothing that leaves it within reach is open where the thing itself is the harm.
_OUT = _Actions(
    content=(Do.REMOVE, Do.RESTRICT, Do.WARN, Do.STRIKE),
    holder=(Do.RESTRICT, Do.WARN, Do.STRIKE, Do.SUSPEND, Do.DISABLE),
)
_GRADED = _Actions(
    content=(
        Do.REMOVE,
        Do.RESTRICT,
        Do.LABEL,
        Do.DEMOTE,
        Do.AGE_RESTRICT,
        Do.LIMIT_INTERACTION,
        Do.DEMONETISE,
        Do.WARN,
        Do.STRIKE,
    ),
    holder=(Do.RESTRICT, Do.LABEL, Do.DEMOTE, *_HOLDER),
)
_COMMERCE = _Actions(
    content=(Do.REMOVE, Do.RESTRICT, Do.LABEL, Do.DEMOTE, Do.DEMONETISE, Do.WARN, Do.STRIKE),
    holder=(Do.RESTRICT, Do.LABEL, Do.DEMOTE, *_HOLDER),
)
_CARE = _Actions(
    content=(Do.REMOVE, Do.RESTRICT, Do.LABEL, Do.DEMOTE, Do.AGE_RESTRICT, Do.LIMIT_INTERACTION),
    holder=(Do.WARN, Do.LIMIT_INTERACTION, Do.SUSPEND, Do.DISABLE),
)


def default_queues() -> list[Queue]:
    """In the order in which the desk shows them; minutes are what one case takes a reviewer."""
    rows = (
        ("child-safety", "Child safety", "cases", 4.0),
        ("armed-groups", "Terrorism and armed groups", "cases", 4.0),
        ("self-harm", "Self-harm", "cases", 3.0),
        ("threats", "Threats and violence", "cases", 3.0),
        ("hate", "Hate and harassment", "cases", 2.0),
        ("sexual", "Sexual content", "cases", 1.5),
        ("fraud", "Fraud and spam", "cases", 1.5),
        ("other", "Other", "cases", 2.5),
        ("escalations", "Escalations", "cases", 8.0),
        ("appeals", "Appeals", "appeals", 6.0),
    )
    return [
        Queue(queue_id=queue_id, title=title, kind=kind, minutes_per_case=minutes, position=place)
        for place, (queue_id, title, kind, minutes) in enumerate(rows, start=1)
    ]


def default_policies() -> list[Policy]:
    """The first revision of each policy."""
    return [
        Policy(
            policy_id=policy_id,
            revision=1,
            title=title,
            text=text,
            severity=severity,
            queue_id=queue_id,
            actions=actions.as_json(),
            standing_days=STANDING_DAYS,
            reopen_reporters=REOPEN_REPORTERS,
            appeal_days=APPEAL_DAYS,
            active=True,
        )
        for policy_id, title, severity, queue_id, actions, text in _POLICIES
    ]


_POLICIES: tuple[tuple[str, str, float, str, _Actions, str], ...] = (
    (
        "child_safety",
        "Child safety",
        100,
        "child-safety",
        _OUT,
        "Sexual images, words or advances that involve anybody under 18, and offers of such.",
    ),
    (
        "terrorism",
        "Terrorism and armed groups",
        90,
        "armed-groups",
        _OUT,
        (
            "Praise, recruits, money, instructions or material of listed extremist or armed groups."
            " Reporting, research and condemnation are not a violation."
        ),
    ),
    (
        "trafficking",
        "Human trafficking",
        90,
        "child-safety",
        _OUT,
        "Recruiting, moving, selling or holding people for labour or sex against their will.",
    ),
    (
        "threat",
        "Threats",
        70,
        "threats",
        _OUT,
        "A serious wish or plan to harm a person or a place, whoever it is aimed at.",
    ),
    (
        "self_harm",
        "Suicide and self-harm",
        70,
        "self-harm",
        _CARE,
        (
            "Encouraging or teaching people to harm themselves."
            " Somebody who speaks of their own pain is to be helped, not punished."
        ),
    ),
    (
        "intimate_images",
        "Intimate images without consent",
        60,
        "sexual",
        _OUT,
        "Nude or sexual images of a person who did not agree, real or made, or the threat of them.",
    ),
    (
        "violence",
        "Violence",
        50,
        "threats",
        _GRADED,
        "Calls for violence, glory for those who did it, or gore shown for its own sake.",
    ),
    (
        "illegal_goods",
        "Illegal goods",
        40,
        "fraud",
        _COMMERCE,
        "Sale of weapons, drugs, documents or other things that the law forbids to sell.",
    ),
    (
        "hate",
        "Hate",
        30,
        "hate",
        _GRADED,
        "Attacks on people for their origin, religion, caste, sex, orientation or disability.",
    ),
    (
        "harassment",
        "Harassment",
        20,
        "hate",
        _GRADED,
        "Insults, shaming or pursuit of one person, by one account or by many in concert.",
    ),
    (
        "fraud",
        "Fraud",
        20,
        "fraud",
        _COMMERCE,
        "Deceiving people out of money, accounts or data.",
    ),
    (
        "privacy",
        "Privacy",
        20,
        "other",
        _GRADED,
        "Addresses, numbers, papers or health of a person, published without their consent.",
    ),
    (
        "elections",
        "Elections",
        20,
        "other",
        _GRADED,
        "False statements on when, where and how to vote, or pressure to keep people from voting.",
    ),
    (
        "impersonation",
        "Impersonation",
        10,
        "fraud",
        _GRADED,
        "An account that passes itself off as another person or body. Open satire is not.",
    ),
    (
        "misinformation",
        "Misinformation",
        10,
        "other",
        _GRADED,
        "False statements of fact that can cause harm soon: to health, safety or public order.",
    ),
    (
        "sexual",
        "Sexual content",
        8,
        "sexual",
        _GRADED,
        "Nudity and sexual acts of adults where they are not allowed or not marked.",
    ),
    (
        "intellectual_property",
        "Intellectual property",
        4,
        "other",
        _COMMERCE,
        "Works or marks of another, used without a right to them, on notice of the owner.",
    ),
    (
        "spam",
        "Spam",
        1,
        "fraud",
        _COMMERCE,
        "Repeated, automated or bought messages and reactions that nobody asked for.",
    ),
    (
        "other",
        "Other",
        2,
        "other",
        _GRADED,
        "What the reporter could not place. The reviewer names the policy that is broken, if any.",
    ),
)

"""Which files of a tier run in which share, so that the shares end together.

`seconds.json` has what the longer files took when `python -m tests.tiers weigh` last measured them;
it need only be roughly right.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "tests" / "seconds.json"
SHORT_SECONDS = 2.0

TIERS: dict[str, tuple[str, ...]] = {
    "check": ("tests/architecture", "tests/unit", "tests/contract"),
    "integration": ("tests/integration",),
    "browser": ("tests/browser",),
    "chaos": ("tests/chaos",),
}


def files_of(tier: str) -> list[str]:
    """Of a tier, in a fixed order."""
    return sorted(
        str(file.relative_to(ROOT))
        for folder in TIERS[tier]
        for file in (ROOT / folder).rglob("test_*.py")
    )


def measured() -> dict[str, float]:
    found: dict[str, float] = json.loads(MEASURED.read_text())
    return found


def remember(seconds: Mapping[str, float]) -> None:
    """Of the files that take longer than most."""
    long = {file: round(took) for file, took in sorted(seconds.items()) if took > SHORT_SECONDS}
    MEASURED.write_text(json.dumps(long, indent=1) + "\n")


def dealt(files: Sequence[str], shares: int, seconds: Mapping[str, float]) -> list[list[str]]:
    """Each file to one share, the longest first, always to the share that has least to do. None of
    the shares is empty. Every second one goes backwards: the same folder, with the same needs, is
    not everybody's at the same time.
    """
    hands: list[list[str]] = [[] for _ in range(shares)]

    def length(some: Sequence[str]) -> float:
        return sum(seconds.get(file, SHORT_SECONDS / 2) for file in some)

    for together in sorted(inseparable(files), key=length, reverse=True):
        min(hands, key=length).extend(together)
    full = [hand for hand in hands if hand]
    return [sorted(hand, reverse=number % 2 == 1) for number, hand in enumerate(full)]


def inseparable(files: Sequence[str]) -> list[list[str]]:
    """Files of a folder whose fixtures serve it as a whole stay together."""

    def unit(file: str) -> str:
        fixtures = (ROOT / file).parent / "conftest.py"
        whole = fixtures.exists() and 'scope="package"' in fixtures.read_text()
        return str(Path(file).parent) if whole else file

    return [list(group) for _, group in groupby(sorted(files), unit)]

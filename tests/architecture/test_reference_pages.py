"""Every metric, topic and setting is in docs/reference, and nothing else is."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_reference_pages_are_current() -> None:
    """In a process of its own: metrics register themselves when their module is imported."""
    done = subprocess.run(
        [sys.executable, "-m", "services.reference", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (
        f"not current, run `python -m services.reference`:\n{done.stdout}{done.stderr}"
    )

"""Runs of tests side by side do not take each other's ports."""

import subprocess
import sys
from pathlib import Path

from tests.ports import BLOCK, _held, free_block, free_port

ROOT = Path(__file__).parents[3]
HOLDER = """
import sys
from tests import ports
ports.FIRST = int(sys.argv[1])
ports.LAST = ports.FIRST + ports.BLOCK
print(ports.free_block(), flush=True)
sys.stdin.read()
"""


def test_a_port_is_given_once() -> None:
    given = [free_port() for _ in range(2 * BLOCK)]
    assert len(set(given)) == len(given)
    block = free_block()
    assert not set(given) & set(range(block, block + BLOCK))


def test_a_block_is_nobody_elses_until_its_holder_ends(tmp_path: Path) -> None:
    block = free_block()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(block)],
        cwd=ROOT,
        env={"TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert int(holder.stdout.readline()) == block
        (lock,) = tmp_path.rglob(str(block))
        assert not _held(lock)
        holder.kill()
        holder.wait()
        assert _held(lock)

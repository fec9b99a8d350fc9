"""`mizan replay` against a running stack."""

import csv
import json
from pathlib import Path

from tests.integration.whole_way.console import begin, ended, fetch, mizan
from tests.running_stack import RunningStack
from tests.waiting import eventually

REPORTS = "select count(*), count(distinct subject_id) from reports where external_id like "


def table(path: Path, name: str, rows: int) -> Path:
    file = path / f"{name}.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["id", "text"])
        writer.writerows((n, f'{name} says "{n}"\nand goes on, {name}') for n in range(rows))
    return file


async def test_a_table_is_in_the_queue_when_the_command_returns_and_again_adds_nothing(
    stack: RunningStack, tmp_path: Path
) -> None:
    file = table(tmp_path, "twice", 300)
    with file.open("ab") as out:
        out.write(b"300,\xff\n301\n")
    asked = (str(file), "--platform", "youtube", "--text-column", "text", "--wait", "--json")
    for _ in range(2):
        done = mizan(stack, "replay", *asked)
        assert done.status == 1, done.err
        assert (done.told["accepted"], done.told["in_queue"]) == (300, 300)
        failed = done.told["failed"]
        assert isinstance(failed, list)
        assert [(one["line"], one["code"]) for one in failed] == [
            (602, "not_utf8"),
            (603, "no_such_cell"),
        ]
        assert await fetch(stack, REPORTS + "'replay-%' and platform_id = 'youtube'") == [
            (300, 300)
        ]
    assert await fetch(stack, "select count(*) from report_conflicts") == [(0,)]


async def test_a_replay_outlives_the_death_of_the_edge(stack: RunningStack, tmp_path: Path) -> None:
    """Killed between its first and its last answer; what may have been taken is sent again."""
    file = table(tmp_path, "killed", 400)
    options = ("--platform", "x", "--text-column", "text", "--rate", "100", "--wait")
    replaying = begin(stack, "replay", str(file), *options)

    async def under_way() -> bool:
        ((count, _),) = await fetch(stack, REPORTS + "'replay-%' and platform_id = 'x'")
        return isinstance(count, int) and count > 0

    await eventually(under_way)
    stack.kill("ingest")
    done = ended(replaying)
    assert done.status == 0, done.err
    assert "no answer from" in done.err
    assert done.out.startswith("400 accepted, 0 refused, 400 in the queue")
    assert await fetch(stack, REPORTS + "'replay-%' and platform_id = 'x'") == [(400, 400)]


async def test_reports_as_platforms_send_them_come_from_a_pipe(
    stack: RunningStack, tmp_path: Path
) -> None:
    report = {
        "external_id": "piped-1",
        "reported_at": "2026-11-20T09:14:03Z",
        "reason": {"policy_id": "spam"},
        "subject": {"kind": "content", "url": "https://t.me/some_channel/7"},
        "content": {"kind": "post", "text": "a line from a pipe"},
    }
    file = tmp_path / "reports.jsonl"
    file.write_text(json.dumps(report) + "\n\nnot json\n")
    done = mizan(stack, "replay", str(file), "--platform", "telegram", "--wait")
    assert done.status == 1
    assert "line 3: refused: json_syntax" in done.out
    assert await fetch(
        stack, "select state from reports join cases using (case_id) where external_id = 'piped-1'"
    ) == [("queued",)]

"""The arithmetic of docs/operating.md, with figures that are easy to count with."""

import json
from pathlib import Path

import pytest

from deploy.k8s.__main__ import main
from deploy.k8s.plan import Measured, need

ROUND = Measured(single=1000, bulk=10_000, sink=3000, body_bytes=1000)


def test_room_is_left_and_parts_are_rounded_up() -> None:
    just = need(ROUND, 600)
    assert (just.edge_cores, just.edge_cores_in_bulk, just.installations) == (1, 1, 1)
    assert just.log_gigabytes == pytest.approx(600 * 1000 * 2 * 3 * 604_800 / 1e9)
    assert need(ROUND, 601).edge_cores == 2


def test_where_one_sink_ends_another_installation_begins() -> None:
    assert [need(ROUND, rate).installations for rate in (1800, 1801, 18_000)] == [1, 2, 10]


def test_the_command_counts_with_what_was_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edge = {
        "body_bytes": 1000,
        "single": {"edge": {"reports_per_cpu_second": 1000}},
        "bulk": {"edge": {"reports_per_cpu_second": 10_000}},
    }
    (tmp_path / "bench.json").write_text(json.dumps(edge))
    store = {"10000": {"sink_per_second": 9000}, "2000000": {"sink_per_second": 3000}}
    (tmp_path / "bench-store.json").write_text(json.dumps(store))
    assert main(["plan", "--rate=60", f"--var={tmp_path}"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [row[:4] for row in rows[1:]] == [
        ["60", "1", "1", "1"],
        ["600", "1", "1", "1"],
        ["6,000", "10", "1", "4"],
        ["60,000", "100", "10", "34"],
    ]


def test_without_figures_nothing_is_made_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--rate=60", f"--var={tmp_path}"]) == 1
    assert "bench.json is not there: run make bench first" in capsys.readouterr().err

"""What the state folder promises, and that a problem is one line."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import jars, state
from deploy.local.credentials import load_or_make
from deploy.local.errors import NotEnoughDisk, StackError
from deploy.local.kafka import Broker, start_cache
from deploy.local.launch import Identity, find, identity
from deploy.local.warm_start import ensure_kafka

ROOT = Path(__file__).parents[3]


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])


def known(process: subprocess.Popen[bytes]) -> Identity:
    found = identity("sleeper", process.pid)
    assert found is not None
    return found


def test_what_a_killed_supervisor_left_is_stopped(tmp_path: Path) -> None:
    process = sleeper()
    left = known(process)
    state.record_processes(tmp_path, [left])
    assert state.stop_leftovers(tmp_path) == ["sleeper"]
    assert find(left) is None
    process.wait(5)
    assert not (tmp_path / "processes.json").exists()


def test_a_pid_that_belongs_to_somebody_else_by_now_is_left_alone(tmp_path: Path) -> None:
    stranger = sleeper()
    try:
        old = Identity("ingest", stranger.pid, known(stranger).started - 60)
        state.record_processes(tmp_path, [old])
        assert state.stop_leftovers(tmp_path) == []
        assert find(known(stranger)) is not None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_file_of_secrets_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    made = load_or_make(tmp_path / "secrets.json")
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert load_or_make(tmp_path / "secrets.json") == made
    assert load_or_make(tmp_path / "others.json").subject_key != made.subject_key


def test_the_demo_has_the_platforms_and_roles_that_clients_rely_on(tmp_path: Path) -> None:
    made = load_or_make(tmp_path / "secrets.json")
    roles = [role for reviewer in made.reviewers for role in reviewer.roles]
    assert {platform.platform_id for platform in made.platforms} == {
        "x",
        "whatsapp",
        "youtube",
        "telegram",
        "facebook",
    }
    assert roles.count("reviewer") >= 2
    assert roles.count("senior") >= 2
    assert {"policy_lead", "auditor", "admin"} <= set(roles)


def test_a_second_stack_in_one_folder_is_refused(tmp_path: Path) -> None:
    with (
        state.only_stack_in(tmp_path),
        pytest.raises(StackError, match=f"process {os.getpid()}\\) runs in"),
        state.only_stack_in(tmp_path),
    ):
        pass


def test_too_little_room_is_said_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "LEAST_FREE_BYTES", 1 << 62)
    with pytest.raises(NotEnoughDisk, match="MB left"):
        state.require_disk(tmp_path)


def test_a_jar_that_is_not_what_was_committed_is_found(tmp_path: Path) -> None:
    good = jars.ensure_jars()
    for name in map(os.path.basename, jars.committed_sums()):
        (tmp_path / name).hardlink_to(good / name)
    assert jars.faults(tmp_path) == []
    spoilt = tmp_path / "kafka-clients-4.3.1.jar"
    spoilt.unlink()
    spoilt.write_bytes(b"something else")
    assert jars.faults(tmp_path) == [spoilt.name]


def test_what_is_kept_of_a_start_is_taken_by_this_java_with_these_jars(tmp_path: Path) -> None:
    jars_folder = ensure_kafka()
    broker = Broker(
        folder=tmp_path, jars=jars_folder, port=1, controller_port=2, log=tmp_path / "log"
    )
    java, *options = broker.launch().command[:-1]
    # where it cannot be taken, this makes it an error
    command = (java, "-XX:AOTMode=on", *options, "--version")
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "4.3.1" in done.stdout, done.stderr
    assert start_cache(jars_folder).stat().st_size > 0


def run_stack(var: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.local"],
        cwd=ROOT,
        env={**os.environ, "MIZAN_VAR": str(var), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_port_in_use_stops_the_start_with_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_stack(tmp_path, MIZAN_PORT_BASE=str(port))
    assert done.returncode == 1
    assert done.stderr.startswith(f"mizan: port {port} for ingest is in use")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "ready.json").exists()


def test_a_bad_setting_stops_the_start_with_one_line_that_names_it(tmp_path: Path) -> None:
    done = run_stack(tmp_path, MIZAN_PORT_BASE="many")
    assert done.returncode == 2
    assert done.stderr.startswith("mizan: setting MIZAN_PORT_BASE:")
    assert len(done.stderr.splitlines()) == 1

"""The image is built from what the lock names, and what runs in it can change nothing.

It cannot be built here: hadolint and the checks below read it.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.kubernetes.documents import at, of_kind, sequence
from tests.unit.kubernetes.installations import rendered
from tests.unit.kubernetes.policies import WORKLOADS, each_container, pod_of

ROOT = Path(__file__).parents[3]
SOURCES = {"services", "shared"}
Step = tuple[str, str]


def steps(text: str) -> list[Step]:
    """Instructions with their arguments, lines joined, comments gone."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    pairs = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return [(name, rest.strip()) for name, _, rest in pairs]


def of(found: list[Step], name: str) -> list[str]:
    return [rest for instruction, rest in found if instruction == name]


def breaches(text: str) -> list[str]:
    found = steps(text)
    last = found[max(place for place, (name, _) in enumerate(found) if name == "FROM") :]
    checks: tuple[tuple[str, bool], ...] = (
        ("another base than the parameter", set(of(found, "FROM")) - {
            "${PYTHON_IMAGE} AS builder", "${PYTHON_IMAGE}"} != set()),
        ("a base that nobody named", of(found, "ARG") != ["PYTHON_IMAGE"]),
        ("ADD", bool(of(found, "ADD"))),
        ("all of the folder is copied", any(re.match(r"\.\s", rest) for rest in of(found, "COPY"))),
        ("runs as root", not re.fullmatch(r"[1-9]\d*:[1-9]\d*", "".join(of(last, "USER")))),
        ("something is done after the user was chosen", _written_after_user(last)),
        ("its files belong to who runs it", any("--chown" in rest for rest in of(found, "COPY"))),
        ("an install without hashes", any(map(_unchecked, _commands(found)))),
        ("something is fetched by hand", any("curl" in one or "wget" in one or "apt" in one
                                             for one in _commands(found))),
        ("a shell stands between", not "".join(of(last, "ENTRYPOINT")).startswith("[")),
        ("something is built at run", any(name == "RUN" for name, _ in last)),
    )  # fmt: skip
    return [breach for breach, broken in checks if broken]


def _written_after_user(stage: list[Step]) -> bool:
    names = [name for name, _ in stage]
    return "USER" in names and bool({"RUN", "COPY"} & set(names[names.index("USER") :]))


def _commands(found: list[Step]) -> list[str]:
    return [command for rest in of(found, "RUN") for command in rest.split(" && ")]


def _unchecked(command: str) -> bool:
    """What is installed from files of this build alone needs no hashes."""
    fetches = "pip install" in command or "uv build" in command
    return fetches and "--require-hashes" not in command and "--no-index" not in command


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text()


def test_the_image_is_made_as_it_should_be() -> None:
    assert breaches(dockerfile()) == []


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run(
        [hadolint, "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


def with_line(line: str) -> Callable[[str], str]:
    return lambda text: text.replace("USER ", f"{line}\nUSER ")


@pytest.mark.parametrize(
    ("spoil", "breach"),
    [
        (replaced("FROM ${PYTHON_IMAGE}\n", "FROM python:latest\n"), "another base"),
        (replaced("ARG PYTHON_IMAGE", "ARG PYTHON_IMAGE=python:3"), "a base that nobody named"),
        (with_line("ADD https://example.org/a.tar /"), "ADD"),
        (replaced("COPY services services", "COPY . ."), "all of the folder"),
        (replaced("USER 10001:10001\n", ""), "runs as root"),
        (replaced("USER 10001:10001", "USER 0:0"), "runs as root"),
        (replaced("ENTRYPOINT", "COPY shared /x\nENTRYPOINT"), "after the user"),
        (replaced("--from=builder", "--from=builder --chown=10001"), "belong to who runs it"),
        (replaced("--require-hashes --constraint", "--constraint"), "without hashes"),
        (replaced("uv build --no-cache --wheel --require-hashes", "uv build"), "without hashes"),
        (replaced("RUN uv venv", "RUN curl -O https://example.org/a && uv venv"), "by hand"),
        (replaced('ENTRYPOINT ["python", "-m"]', "ENTRYPOINT python -m"), "a shell"),
        (with_line("RUN python -m compileall /opt"), "built at run"),
    ],
)
def test_each_check_fails_on_what_breaks_it(spoil: Callable[[str], str], breach: str) -> None:
    spoilt = spoil(dockerfile())
    assert spoilt != dockerfile()
    assert [one for one in breaches(spoilt) if breach in one]


def test_the_build_sees_what_it_copies_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "**"
    seen = {line.removeprefix("!") for line in rules if line.startswith("!")}
    copied = {
        name
        for rest in of(steps(dockerfile()), "COPY")
        if not rest.startswith("--from")
        for name in rest.split()[:-1]
    }
    assert seen == copied
    assert all((ROOT / name).exists() for name in copied)


def test_the_builder_is_the_one_that_makes_the_environment() -> None:
    script = (ROOT / "deploy" / "local" / "environment.sh").read_text()
    (version,) = re.findall(r"^uv_version=(\S+)$", script, re.MULTILINE)
    lock = (ROOT / "deploy" / "image" / "uv.lock").read_text()
    assert re.findall(r"^\S+==\S+", lock, re.MULTILINE) == [f"uv=={version}"]
    assert not re.findall(r"\w+://", lock)


def test_the_manifests_run_what_is_in_the_image_as_its_user() -> None:
    documents = rendered("release/prod")
    (user,) = of(steps(dockerfile()), "USER")
    for workload in of_kind(documents, *WORKLOADS):
        security = at(pod_of(workload), "securityContext")
        assert f"{at(security, 'runAsUser')}:{at(security, 'runAsGroup')}" == user
    for place, container in each_container(documents):
        assert "command" not in container, f"{place} goes around the entry point"
        module = str(sequence(container, "args")[0])
        assert (ROOT / module.replace(".", "/") / "__main__.py").exists()
        assert module.partition(".")[0] in SOURCES

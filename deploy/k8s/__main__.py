"""`python -m deploy.k8s manifests|release|plan`: what is made for a cluster, and not by hand."""

import argparse
import sys
from pathlib import Path

from deploy.k8s import plan, release, rules, topics


def main(arguments: list[str]) -> int:
    """Exit status: 0 done, 1 something is not current or not measured, 2 wrong use."""
    parser = argparse.ArgumentParser(prog="python -m deploy.k8s")
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("manifests", help="topics from the registry, and the rules")
    making.add_argument("--check", action="store_true", help="write nothing; status 1 if not so")
    releasing = commands.add_parser("release", help="an overlay with image, hosts and migration")
    release.add_arguments(releasing)
    planning = commands.add_parser("plan", help="what 1 to 1,000 times a load needs")
    plan.add_arguments(planning)
    chosen = parser.parse_args(arguments)
    if chosen.command == "manifests":
        return _manifests(check=chosen.check)
    if chosen.command == "plan":
        return _plan(chosen.rate, chosen.var)
    given = vars(chosen)
    folder = given.pop("to")
    del given["command"]
    for path, content in release.files(release.Release(**given), folder).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        sys.stdout.write(f"{path}\n")
    return 0


def _manifests(*, check: bool) -> int:
    made = {topics.PATH: topics.manifest(), rules.PATH: rules.manifest()}
    old = [path for path, text in made.items() if not path.exists() or path.read_text() != text]
    for path in old:
        sys.stdout.write(f"{path}\n")
        if not check:
            path.write_text(made[path])
    return int(check and bool(old))


def _plan(rate: float, var: Path) -> int:
    try:
        sys.stdout.write(plan.planned(rate, var) + "\n")
    except FileNotFoundError as error:
        sys.stderr.write(f"mizan: {error.filename} is not there: run make bench first\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m deploy.k8s manifests|release`: the manifests that are not written by hand."""

import argparse
import sys

from deploy.k8s import release, rules, topics


def main(arguments: list[str]) -> int:
    """Exit status: 0 done, 1 with --check something is not current, 2 wrong use."""
    parser = argparse.ArgumentParser(prog="python -m deploy.k8s")
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("manifests", help="topics from the registry, and the rules")
    making.add_argument("--check", action="store_true", help="write nothing; status 1 if not so")
    releasing = commands.add_parser("release", help="an overlay with image, hosts and migration")
    release.add_arguments(releasing)
    chosen = parser.parse_args(arguments)
    if chosen.command == "manifests":
        return _manifests(check=chosen.check)
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

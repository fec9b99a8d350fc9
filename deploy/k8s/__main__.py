"""`python -m deploy.k8s topics|release`: the manifests that are made, and not written by hand."""

import argparse
import sys

from deploy.k8s import release, topics


def main(arguments: list[str]) -> int:
    """Exit status: 0 done, 1 with --check something is not current, 2 wrong use."""
    parser = argparse.ArgumentParser(prog="python -m deploy.k8s")
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("topics", help="the topics, from the registry")
    making.add_argument("--check", action="store_true", help="write nothing; status 1 if not so")
    releasing = commands.add_parser("release", help="an overlay with image, hosts and migration")
    release.add_arguments(releasing)
    chosen = parser.parse_args(arguments)
    if chosen.command == "topics":
        return _topics(check=chosen.check)
    given = vars(chosen)
    folder = given.pop("to")
    del given["command"]
    for path, content in release.files(release.Release(**given), folder).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        sys.stdout.write(f"{path}\n")
    return 0


def _topics(*, check: bool) -> int:
    wanted = topics.manifest()
    if topics.PATH.exists() and topics.PATH.read_text() == wanted:
        return 0
    sys.stdout.write(f"{topics.PATH}\n")
    if not check:
        topics.PATH.write_text(wanted)
    return int(check)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

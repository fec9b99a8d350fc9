"""Writes dashboards and rules: `python -m deploy.monitoring`. With `--check` nothing is written:
the names of files that are not current are printed and the exit code is 1 when there are any.
"""

import sys

from deploy.monitoring.files import ROOT, files


def main() -> None:
    checking = "--check" in sys.argv[1:]
    made = files()
    old = [path for path, text in made.items() if not path.exists() or path.read_text() != text]
    for path in old:
        if not checking:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[path])
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
    if checking and old:
        sys.exit(1)


if __name__ == "__main__":
    main()

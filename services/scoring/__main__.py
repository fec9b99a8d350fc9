"""`python -m services.scoring score|match`: one role of the scoring worker."""

import sys

import uvloop
from aiokafka.errors import KafkaError

from services.scoring.choice import chosen_scorer, chosen_watch_lists
from services.scoring.match_role import run_match
from services.scoring.score_role import run_score
from services.scoring.settings import Settings
from shared.collector import tune_collector
from shared.errors import MizanError
from shared.observability.logging import configure_logging
from shared.settings import read_settings

USAGE = "usage: python -m services.scoring score|match"


def main(arguments: list[str]) -> int:
    """Exit status: 0 told to stop, 1 cannot go on and says why in one line, 2 wrong use."""
    if len(arguments) != 1 or arguments[0] not in {"score", "match"}:
        sys.stderr.write(f"{USAGE}\n")
        return 2
    role = arguments[0]
    settings = read_settings(Settings)
    configure_logging(f"scoring-{role}", settings.log_level)
    tune_collector()
    try:
        if role == "score":
            uvloop.run(run_score(settings, chosen_scorer(settings), chosen_watch_lists(settings)))
        else:
            uvloop.run(run_match(settings))
    except (MizanError, KafkaError, OSError) as error:
        sys.stderr.write(f"mizan: scoring {role}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

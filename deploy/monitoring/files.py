"""The files that are made from this code."""

from pathlib import Path

from deploy.monitoring import delivery, flow, kafka, overview, resources
from deploy.monitoring.alerts import ALERTS
from deploy.monitoring.drawing import drawn
from deploy.monitoring.recording import RECORDINGS
from deploy.monitoring.rules import rules_file

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent
RULES_FILE = FOLDER / "rules" / "mizan.yml"
BOARDS = (overview.BOARD, flow.BOARD, kafka.BOARD, delivery.BOARD, resources.BOARD)
GROUPS = (*RECORDINGS, ALERTS)


def files() -> dict[Path, str]:
    """What each has to hold."""
    dashboards = {
        FOLDER / "dashboards" / f"{board.uid.removeprefix('mizan-')}.json": drawn(board)
        for board in BOARDS
    }
    return dashboards | {RULES_FILE: rules_file(GROUPS)}

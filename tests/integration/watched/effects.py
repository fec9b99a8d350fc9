"""What a panel shows when something is wrong."""

from dataclasses import dataclass, field
from enum import Enum

from deploy.monitoring.files import BOARDS
from tests.integration.watched.prometheus import Labels, Prometheus


class Shows(Enum):
    """What the lines of a panel do."""

    GONE = "there is no line"
    ZERO = "a line is at 0"
    POSITIVE = "a line is above 0"
    ABOVE_ONE = "a line is above 1"


@dataclass(frozen=True)
class Effect:
    """On the lines with these labels, of the query with this legend where one is given."""

    board: str
    panel: str
    shows: Shows
    labels: Labels = field(default_factory=dict)
    legend: str = ""

    def seen(self, prometheus: Prometheus) -> bool:
        values = [
            value
            for expression in self._expressions()
            for labels, value in prometheus.now(expression)
            if labels.items() >= self.labels.items()
        ]
        match self.shows:
            case Shows.GONE:
                return not values
            case Shows.ZERO:
                return 0 in values
            case Shows.POSITIVE:
                return any(value > 0 for value in values)
            case Shows.ABOVE_ONE:
                return any(value > 1 for value in values)

    def _expressions(self) -> list[str]:
        found = [
            query.expression
            for board in BOARDS
            for panel in board.panels()
            if (board.title, panel.title) == (f"Mizan: {self.board}", self.panel)
            for query in panel.queries
            if self.legend in {"", query.legend}
        ]
        assert found, self
        return found

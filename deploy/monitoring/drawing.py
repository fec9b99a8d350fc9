"""Draws a board as Grafana's JSON: places, ids and names of queries follow from what it says."""

from collections.abc import Iterator, Sequence
from string import ascii_uppercase

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    LegendDisplayMode,
    LegendPlacement,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    GridPos,
    Threshold,
    ThresholdsMode,
)

from deploy.monitoring.board import Board, Panel, Query, Row

# A variable, so that the same file serves every Grafana.
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
WIDTH = 24
ROW_HEIGHT, FIGURE_HEIGHT, LINES_HEIGHT = 1, 4, 8
MOST_BESIDE = 3

Drawing = stat.Panel | timeseries.Panel


def drawn(board: Board) -> str:
    """The file's text. The same board gives the same bytes."""
    built = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.description)
        .tags(["mizan"])
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .with_variable(
            dashboard.DatasourceVariable("datasource").type("prometheus").label("Prometheus")
        )
    )
    for number, (place, drawable) in enumerate(_laid_out(board), start=1):
        if isinstance(drawable, Row):
            built.with_row(dashboard.Row(drawable.title).id(number).grid_pos(place))
        else:
            built.with_panel(_panel(drawable).id(number).grid_pos(place))
    return JSONEncoder(sort_keys=True, indent=2).encode(built.build()) + "\n"


def _laid_out(board: Board) -> Iterator[tuple[GridPos, Panel | Row]]:
    yield from _beside(board.verdicts, FIGURE_HEIGHT, top=0)
    top = FIGURE_HEIGHT
    for row in board.rows:
        yield GridPos(h=ROW_HEIGHT, w=WIDTH, x=0, y=top), row
        top += ROW_HEIGHT
        for first in range(0, len(row.panels), MOST_BESIDE):
            yield from _beside(row.panels[first : first + MOST_BESIDE], LINES_HEIGHT, top=top)
            top += LINES_HEIGHT


def _beside(panels: Sequence[Panel], height: int, *, top: int) -> Iterator[tuple[GridPos, Panel]]:
    width = WIDTH // len(panels)
    for number, panel in enumerate(panels):
        yield GridPos(h=height, w=width, x=number * width, y=top), panel


def _panel(panel: Panel) -> Drawing:
    drawing: Drawing = _figure(panel) if panel.steps else _lines()
    drawing.title(panel.title).description(panel.remedy).unit(panel.unit).datasource(SOURCE)
    for name, query in zip(ascii_uppercase, panel.queries, strict=False):
        drawing.with_target(_target(query, name))
    return drawing


def _target(query: Query, name: str) -> prometheus.Dataquery:
    return (
        prometheus.Dataquery()
        .datasource(SOURCE)
        .ref_id(name)
        .expr(query.expression)
        .legend_format(query.legend)
    )


def _figure(panel: Panel) -> stat.Panel:
    steps = [Threshold(value=step.value, color=step.colour) for step in panel.steps]
    return (
        stat.Panel()
        .color_mode(BigValueColorMode.BACKGROUND)
        .graph_mode(BigValueGraphMode.AREA)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
        .no_value("no data")
    )


def _lines() -> timeseries.Panel:
    legend = (
        common.VizLegendOptions()
        .display_mode(LegendDisplayMode.LIST)
        .placement(LegendPlacement.BOTTOM)
        .show_legend(show_legend=True)
    )
    return (
        timeseries.Panel()
        .legend(legend)
        .axis_soft_min(0)
        .fill_opacity(8)
        .show_points(VisibilityMode.NEVER)
        .span_nulls(span_nulls=False)
    )

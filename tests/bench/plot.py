"""A plot as SVG: lines over a logarithmic axis of sizes or of time. Pure."""

from collections.abc import Mapping, Sequence
from math import ceil, floor, log10
from xml.sax.saxutils import escape

WIDTH, HEIGHT, EDGE = 720, 360, 64
MOST_NAMED = 8
COLOURS = ("#0b6e99", "#b3541e", "#4b7f2c", "#7a3e9d", "#a01d3e")

Points = Sequence[tuple[float, float]]


def svg(
    title: str,
    lines: Mapping[str, Points],
    *,
    across: str,
    up: str,
    logarithmic: bool = False,
) -> str:
    """Axes start at the smallest x and at 0."""
    xs = [x for points in lines.values() for x, _ in points]
    top = _round_up(max((y for points in lines.values() for _, y in points), default=1.0))

    def place(x: float) -> float:
        return log10(x) if logarithmic else x

    left, right = place(min(xs)), place(max(xs))
    span = right - left or 1.0

    def at(x: float, y: float) -> str:
        along = EDGE + (WIDTH - 2 * EDGE) * (place(x) - left) / span
        return f"{along:.1f},{HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * y / top:.1f}"

    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
            ' font-family="sans-serif" font-size="12">'
        ),
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        _text(EDGE, 24, title, size=15),
        _text(WIDTH - EDGE, HEIGHT - 20, across, anchor="end"),
        _text(EDGE, 44, up),
    ]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * share
        parts.append(f'<path d="M{EDGE} {y:.1f}H{WIDTH - EDGE}" stroke="#ddd"/>')
        parts.append(_text(EDGE - 6, y + 4, f"{top * share:,.4g}", anchor="end"))
    named = sorted(set(xs)) if len(set(xs)) <= MOST_NAMED else (min(xs), max(xs))
    parts += [
        _text(float(at(x, 0).split(",")[0]), HEIGHT - EDGE + 18, f"{x:,.0f}", anchor="middle")
        for x in named
    ]
    for number, (name, points) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(at(x, y) for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(_text(WIDTH - EDGE, 24 + 16 * number, name, anchor="end", colour=colour))
    return "\n".join([*parts, "</svg>", ""])


def _round_up(most: float) -> float:
    """To two digits, so that the marks of the axis are round too."""
    if most <= 0:
        return 1.0
    step = 10.0 ** (floor(log10(most)) - 1)
    return 4 * step * ceil(most / (4 * step))


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", size: int = 12, colour: str = "#222"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"'
        f' fill="{colour}">{escape(words)}</text>'
    )

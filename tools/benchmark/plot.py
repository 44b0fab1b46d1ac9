# SPDX-License-Identifier: GPL-3.0-or-later
"""Line plots with logarithmic axes, several side by side, as SVG."""

import math
from dataclasses import dataclass
from html import escape

COLOURS = ["#0b6e4f", "#c1440e", "#3a5fa0"]
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 300, 230, 58, 34, 12, 44


@dataclass
class Panel:
    """One plot; each line is a list of points (x, y), all greater than 0."""

    title: str
    x_label: str
    y_label: str
    lines: dict[str, list[tuple[float, float]]]


def _powers(low: float, high: float) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return [10.0**power for power in range(first, max(last, first + 1) + 1)]


def _number(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ") if value >= 1 else f"{value:g}"


def _text(x: float, y: float, text: str, anchor: str = "middle", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escape(text)}</text>'


def _panel(panel: Panel, left: float, top: float) -> list[str]:
    points = [point for line in panel.lines.values() for point in line]
    xs = _powers(min(p[0] for p in points), max(p[0] for p in points))
    ys = _powers(min(p[1] for p in points), max(p[1] for p in points))
    x0, x1 = left + LEFT, left + WIDTH - RIGHT
    y0, y1 = top + HEIGHT - BOTTOM, top + TOP

    def at(value: float, axis: list[float], low: float, high: float) -> float:
        return low + (high - low) * math.log10(value / axis[0]) / math.log10(axis[-1] / axis[0])

    out = [_text((x0 + x1) / 2, top + 20, panel.title, more=' font-weight="bold"')]
    for x in xs:
        place = at(x, xs, x0, x1)
        out.append(f'<path d="M{place:.1f} {y0}V{y1}" class="grid"/>')
        out.append(_text(place, y0 + 15, _number(x)))
    for y in ys:
        place = at(y, ys, y0, y1)
        out.append(f'<path d="M{x0} {place:.1f}H{x1}" class="grid"/>')
        out.append(_text(x0 - 5, place + 4, _number(y), "end"))
    out.append(_text((x0 + x1) / 2, y0 + 32, panel.x_label))
    middle = (y0 + y1) / 2
    turn = f' transform="rotate(-90 {left + 12:.1f} {middle:.1f})"'
    out.append(_text(left + 12, middle, panel.y_label, more=turn))
    for colour, line in zip(COLOURS, panel.lines.values()):
        places = [(at(x, xs, x0, x1), at(y, ys, y0, y1)) for x, y in sorted(line)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
    return out


def svg(rows: list[list[Panel]]) -> str:
    """All panels, in rows, and the names of the lines (the first panel's) below."""
    width, height = WIDTH * max(map(len, rows)), HEIGHT * len(rows) + 30
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">',
        "<style>.grid{stroke:#ccc;stroke-width:1;fill:none}</style>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for number, row in enumerate(rows):
        for column, panel in enumerate(row):
            out += _panel(panel, column * WIDTH, number * HEIGHT)
    for number, (name, colour) in enumerate(zip(rows[0][0].lines, COLOURS)):
        x = 10 + number * width / len(COLOURS)
        out.append(f'<path d="M{x:.1f} {height - 16}h24" stroke="{colour}" stroke-width="3"/>')
        out.append(_text(x + 30, height - 12, name, "start"))
    return "\n".join([*out, "</svg>", ""])

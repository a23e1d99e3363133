"""Plots as SVG, drawn here: a page needs six shapes, and a plotting library is 60 MB.

Colours stand twice: as attributes, for the PDF, and as classes, which the page's own style takes up
in light and dark. Nothing is told by colour alone: lines differ by their dashes, bars have their
figures beside them, and every plot stands above its table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from streams.report.numbers import Numbers

_WIDTH: Final = 720
_HEIGHT: Final = 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 34, 30
_ROW: Final = 30
_NAMES: Final = 170
_FIGURES: Final = 70
_LONGEST_NAME: Final = 26
_CHARACTER: Final = 6.6  # width of one at the size of the legend
_INK, _SOFT, _RULE = "#1b1f24", "#57606a", "#d0d7de"
_DASHES: Final = ("", "7 4", "2 3")
_STEPS: Final = (1, 2, 4, 6, 8, 10)  # their quarters read well
_LEAST_TOP: Final = 4.0


@dataclass(frozen=True)
class Series:
    """One line, or one part of each bar."""

    name: str
    color: str
    values: Sequence[float]


def lines(title: str, labels: Sequence[str], series: Sequence[Series], say: Numbers) -> str:
    """Return lines over days; each has its own dashes, and a dot for each day."""
    top = _nice(max((value for one in series for value in one.values), default=0))
    svg = _svg(title, _HEIGHT)
    _grid(svg, top, say)
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)
    for number, label in enumerate(labels):
        _text(svg, _LEFT + step * (number + 0.5), _HEIGHT - 8, label, "middle")
    for number, one in enumerate(series):
        places = [
            (_LEFT + step * (day + 0.5), _height_of(value, top))
            for day, value in enumerate(one.values)
        ]
        ET.SubElement(
            svg,
            "polyline",
            {
                "points": " ".join(f"{x:.1f},{y:.1f}" for x, y in places),
                "fill": "none",
                "stroke": one.color,
                "stroke-width": "2.5",
                "stroke-dasharray": _DASHES[number % len(_DASHES)] or "none",
            },
        )
        for x, y in places:
            ET.SubElement(
                svg, "circle", {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "3.2", "fill": one.color}
            )
    _legend(svg, series, dashed=True)
    return ET.tostring(svg, encoding="unicode")


def bars(title: str, names: Sequence[str], series: Sequence[Series], say: Numbers) -> str:
    """Return a bar for each name, made of its parts, with the sum beside it."""
    sums = [sum(one.values[row] for one in series) for row in range(len(names))]
    longest = max(sums, default=0) or 1
    svg = _svg(title, _TOP + _ROW * len(names) + 8)
    across = (_WIDTH - _NAMES - _FIGURES) / longest
    for row, name in enumerate(names):
        y = _TOP + _ROW * row
        _text(svg, _NAMES - 10, y + 17, _short(name), "end", _INK)
        x = float(_NAMES)
        for one in series:
            width = one.values[row] * across
            if width > 0:
                ET.SubElement(
                    svg,
                    "rect",
                    {
                        "x": f"{x:.1f}",
                        "y": str(y + 3),
                        "width": f"{width:.1f}",
                        "height": str(_ROW - 10),
                        "fill": one.color,
                    },
                )
            x += width
        _text(svg, x + 8, y + 17, say.decimal(sums[row]), "start", _INK)
    _legend(svg, series, dashed=False)
    return ET.tostring(svg, encoding="unicode")


def _svg(title: str, height: int) -> ET.Element:
    return ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {_WIDTH} {height}",
            "width": str(_WIDTH),
            "height": str(height),
            "role": "img",
            "aria-label": title,
            "font-family": "Libertinus Serif",
            "font-size": "13",
        },
    )


def _grid(svg: ET.Element, top: float, say: Numbers) -> None:
    for part in range(5):
        value = top * part / 4
        y = _height_of(value, top)
        ET.SubElement(
            svg,
            "line",
            {
                "class": "grid",
                "x1": str(_LEFT),
                "x2": str(_WIDTH - _RIGHT),
                "y1": f"{y:.1f}",
                "y2": f"{y:.1f}",
                "stroke": _RULE,
            },
        )
        _text(svg, _LEFT - 8, y + 4, say.decimal(value, 0 if top % 4 == 0 else 1), "end")


def _legend(svg: ET.Element, series: Sequence[Series], *, dashed: bool) -> None:
    x = float(_LEFT)
    for number, one in enumerate(series):
        if dashed:
            ET.SubElement(
                svg,
                "line",
                {
                    "x1": f"{x:.1f}",
                    "x2": f"{x + 26:.1f}",
                    "y1": "13",
                    "y2": "13",
                    "stroke": one.color,
                    "stroke-width": "2.5",
                    "stroke-dasharray": _DASHES[number % len(_DASHES)] or "none",
                },
            )
        else:
            ET.SubElement(
                svg,
                "rect",
                {"x": f"{x + 12:.1f}", "y": "7", "width": "14", "height": "12", "fill": one.color},
            )
        _text(svg, x + 32, 17, one.name, "start", _INK)
        x += 56 + _CHARACTER * len(one.name)


def _text(svg: ET.Element, x: float, y: float, text: str, anchor: str, color: str = _SOFT) -> None:
    node = ET.SubElement(
        svg,
        "text",
        {
            "class": "ink" if color == _INK else "soft",
            "x": f"{x:.1f}",
            "y": f"{y:.1f}",
            "text-anchor": anchor,
            "fill": color,
        },
    )
    node.text = text


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _height_of(value: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * value / top


def _nice(most: float) -> float:
    """The end of an axis: a round number that is not below the largest value."""
    unit = 1.0
    while unit * 10 < most:
        unit *= 10
    return max(_LEAST_TOP, next(unit * step for step in _STEPS if unit * step >= most))

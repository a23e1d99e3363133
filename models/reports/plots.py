"""Plots as SVG text: no script, no font, no address; colours are those of the page around them.

Each has a title and a description for those who do not see it, and stands beside a table with
the same numbers.
"""

import hashlib
from collections.abc import Sequence
from html import escape
from typing import Final

from models.evaluated import Bin, Figure
from models.reports.words import Wording

_SIDE: Final = 240  # of a square plot
_LEFT: Final = 46
_BOTTOM: Final = 40
_TOP: Final = 10
_NAMES: Final = 150  # width of the names beside a plot of intervals
_ROW: Final = 22
_LARGEST_DOT: Final = 9.0


def reliability(bins: Sequence[Bin], title: str, say: Wording) -> str:
    """Return promised against come: dots as large as their mentions, and the diagonal."""
    most = max((one.mentions for one in bins), default=1) or 1
    dots = "".join(
        f'<circle class="dot" cx="{_x(one.promised):.1f}" cy="{_y(one.came):.1f}"'
        f' r="{2.5 + (_LARGEST_DOT - 2.5) * (one.mentions / most) ** 0.5:.1f}"/>'
        for one in bins
    )
    line = _line([(one.promised, one.came) for one in bins])
    diagonal = f'<line class="guess" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>'
    return _square(
        title, say("reliability note"), diagonal + line + dots, say("promised"), say("came"), say
    )


def curve(points: Sequence[tuple[float, float]], chance: float, title: str, say: Wording) -> str:
    """Return precision against recall, and what guessing reaches."""
    level = _y(chance)
    guess = f'<line class="guess" x1="{_x(0)}" y1="{level:.1f}" x2="{_x(1)}" y2="{level:.1f}"/>'
    return _square(
        title, say("curve note"), guess + _line(points), say("recall"), say("precision"), say
    )


def intervals(rows: Sequence[tuple[str, Figure]], title: str, say: Wording) -> str:
    """Return a line for each name, from the low end of its interval to the high, and a dot."""
    height = _TOP + _ROW * len(rows)
    width = _NAMES + _SIDE + 20
    marks = []

    def across(value: float) -> float:
        return _NAMES + _SIDE * min(1.0, max(0.0, value))

    for number, (name, figure) in enumerate(rows):
        y = _TOP + _ROW * (number + 0.5)
        marks.append(
            f'<text class="end" x="{_NAMES - 8}" y="{y + 4:.1f}">{escape(name[:22])}</text>'
        )
        if figure.value is None:
            continue
        low, high = (figure.value if e is None else e for e in (figure.low, figure.high))
        marks.append(
            f'<line class="bar" x1="{across(low):.1f}" x2="{across(high):.1f}"'
            f' y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<circle class="dot" cx="{across(figure.value):.1f}" cy="{y:.1f}" r="4"/>'
        )
    grid = "".join(
        f'<line class="grid" x1="{across(t / 4):.1f}" x2="{across(t / 4):.1f}" y1="{_TOP}"'
        f' y2="{height}"/><text class="mid" x="{across(t / 4):.1f}" y="{height + 16}">'
        f"{say.number(t / 4)}</text>"
        for t in range(5)
    )
    described = "; ".join(f"{name} {say.figure(figure)}" for name, figure in rows)
    return _svg(title, described, grid + "".join(marks), width, height + 24)


def _x(value: float) -> float:
    return _LEFT + _SIDE * value


def _y(value: float) -> float:
    return _TOP + _SIDE * (1 - value)


def _line(points: Sequence[tuple[float, float]]) -> str:
    path = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
    return f'<polyline class="line" points="{path}"/>' if points else ""


def _square(title: str, description: str, marks: str, x: str, y: str, say: Wording) -> str:
    ticks = "".join(
        f'<line class="grid" x1="{_x(t / 4)}" y1="{_y(0)}" x2="{_x(t / 4)}" y2="{_y(1)}"/>'
        f'<line class="grid" x1="{_x(0)}" y1="{_y(t / 4)}" x2="{_x(1)}" y2="{_y(t / 4)}"/>'
        f'<text class="mid" x="{_x(t / 4)}" y="{_y(0) + 15}">{say.number(t / 4)}</text>'
        f'<text class="end" x="{_x(0) - 6}" y="{_y(t / 4) + 4}">{say.number(t / 4)}</text>'
        for t in range(5)
    )
    middle = _TOP + _SIDE / 2
    names = (
        f'<text class="mid name" x="{_x(0.5)}" y="{_y(0) + 33}">{escape(x)}</text>'
        f'<text class="mid name" transform="translate(11 {middle}) rotate(-90)">{escape(y)}</text>'
    )
    return _svg(
        title, description, ticks + names + marks, _LEFT + _SIDE + 16, _TOP + _SIDE + _BOTTOM
    )


def _svg(title: str, description: str, marks: str, width: int, height: int) -> str:
    # Ids by content: the same evaluation is the same page, byte for byte.
    content = f"{title}|{marks}".encode()
    number = hashlib.blake2b(content, digest_size=6).hexdigest()
    return (
        f'<svg role="img" aria-labelledby="t{number} d{number}" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}"><title id="t{number}">{escape(title)}</title>'
        f'<desc id="d{number}">{escape(description)}</desc>{marks}</svg>'
    )

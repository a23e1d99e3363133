"""The backtest's outcome for people, for programs and as a picture."""

from collections.abc import Sequence
from html import escape

import msgspec
import numpy as np

from streams.signals.emerging.backtest import Found, Stated, Summary

_COLOURS = ("#2f6fe4", "#c4602a", "#8a7a2e", "#b0478a", "#0b8a6f")
_DASHES = ("", "6 3", "6 3", "2 2", "2 2")
_WIDTH, _HEIGHT, _LEFT, _TOP, _PLOT_W, _PLOT_H = 980, 420, 60, 50, 380, 250
_MINUTES = (5, 15, 60, 180, 720, 1440)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    settings_version: str
    series: int
    series_weeks: dict[str, float]  # on the half that is reported
    parts: int
    left_out: tuple[str, ...]
    summaries: list[Summary]
    found: list[Found]
    stated: list[Stated]
    oracle: list[Summary] = []  # on the same talk; empty where it was not asked for
    by_chance: list[Summary] = []  # all methods and the oracle on talk of chance alone


def text(report: Report) -> str:
    """Tables for a terminal."""
    lines = [
        f"Background: {report.series} series, "
        + ", ".join(f"{k} {v:.1f} series-weeks" for k, v in report.series_weeks.items())
        + (f"; each dealt into {report.parts} parts" if report.parts > 1 else ""),
    ]
    if report.left_out:
        lines.append(f"Left out as too short or too thin: {len(report.left_out)} series")
    for target in dict.fromkeys(s.target for s in report.summaries):
        at_most = f"no more than {target:g} false alarms per series-week in each file"
        lines += _table([*report.summaries, *report.oracle], target, f"At {at_most}:")
        if report.by_chance:
            title = f"On talk that chance alone makes of the same rates, at {at_most}:"
            lines += _table(report.by_chance, target, title)
    if report.by_chance:
        lines += [
            "",
            "oracle: knows the rates, and of each burst all but when it comes. On talk of chance",
            "alone nobody can find more, or much sooner.",
        ]
    lines += [
        "",
        "found: bursts of all sizes; small: small ones; median: delay of all bursts, those not"
        " found counting as never.",
        "Under each duration of a burst: found, median delay.",
        "",
        "False alarms per series-week that the detector states, and that were counted:",
    ]
    lines += [f"  {s.stratum:34} {s.stated:6.2f} {s.counted:6.2f}" for s in report.stated]
    return "\n".join(lines)


def _table(rows: Sequence[Summary], target: float, title: str) -> list[str]:
    of_target = [s for s in rows if s.target == target]
    hours = list(of_target[0].by_hours)
    return [
        "",
        title,
        f"{'':40} {'false/week':>10} {'found':>6} {'small':>6} {'median':>8}   "
        + " ".join(f"{h + ' h':>12}" for h in hours),
        *(
            f"{s.method:40} {s.false_alarms:10.2f} {s.recall:6.0%} {s.small_recall:6.0%}"
            f" {_minutes(s.median_delay_min):>8}   "
            + " ".join(f"{s.by_hours[h][0]:4.0%} {_minutes(s.by_hours[h][1]):>7}" for h in hours)
            for s in of_target
        ),
    ]


def svg(report: Report) -> str:
    """Share of bursts found within a time, of all and of small ones, by method."""
    target = report.summaries[0].target
    found = [f for f in report.found if f.target == target]
    methods = list(dict.fromkeys(f.method for f in found))
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="22" font-size="15">Bursts found in time, at {target:g} false'
        " alarms per series-week</text>",
    ]
    for left, title, only in (
        (_LEFT, "all bursts", ""),
        (_LEFT + _PLOT_W + 90, "small bursts", "small"),
    ):
        drawn += _axes(left, title)
        for k, method in enumerate(methods):
            drawn.append(_curve(left, k, _delays(found, method, only)))
    for k, method in enumerate(methods):
        x, y = _LEFT + (k % 3) * 300, _TOP + _PLOT_H + 62 + (k // 3) * 20
        drawn.append(
            f'<line x1="{x}" x2="{x + 26}" y1="{y - 4}" y2="{y - 4}" {_stroke(k)}/>'
            f'<text x="{x + 32}" y="{y}">{escape(method)}</text>'
        )
    return "\n".join([*drawn, "</svg>", ""])


def _delays(found: Sequence[Found], method: str, only: str) -> list[float]:
    return [
        np.inf if delay is None else delay
        for f in found
        if f.method == method
        for delay, size in zip(f.delays_min, f.sizes, strict=True)
        if not only or size == only
    ]


def _axes(left: int, title: str) -> list[str]:
    bottom = _TOP + _PLOT_H
    drawn = [f'<text x="{left}" y="{_TOP - 8}" font-weight="bold">{title}</text>']
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = bottom - share * _PLOT_H
        drawn.append(
            f'<line x1="{left}" x2="{left + _PLOT_W}" y1="{y}" y2="{y}" stroke="#dddddd"/>'
            f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{share:.0%}</text>'
        )
    for minutes in _MINUTES:
        name = f"{minutes} min" if minutes < 60 else f"{minutes // 60} h"
        drawn.append(
            f'<text x="{_x(left, minutes):.1f}" y="{bottom + 18}" text-anchor="middle">'
            f"{name}</text>"
        )
    return drawn


def _curve(left: int, number: int, delays: Sequence[float]) -> str:
    steps = np.geomspace(_MINUTES[0], _MINUTES[-1], 120)
    shares = [float(np.mean(np.asarray(delays) <= minutes)) for minutes in steps]
    places = " ".join(
        f"{_x(left, minutes):.1f},{_TOP + _PLOT_H * (1 - share):.1f}"
        for minutes, share in zip(steps, shares, strict=True)
    )
    return f'<polyline points="{places}" fill="none" {_stroke(number)}/>'


def _x(left: int, minutes: float) -> float:
    span = np.log(_MINUTES[-1] / _MINUTES[0])
    return float(left + _PLOT_W * np.log(minutes / _MINUTES[0]) / span)


def _stroke(number: int) -> str:
    dash = f' stroke-dasharray="{_DASHES[number % 5]}"' if _DASHES[number % 5] else ""
    return f'stroke="{_COLOURS[number % 5]}" stroke-width="2"{dash}'


def _minutes(delay: float | None) -> str:
    if delay is None:
        return "never"
    return f"{delay:.0f} min" if delay < 180 else f"{delay / 60:.1f} h"

"""Draws what a soak measured: memory above, latency below, a line for each series."""

from html import escape
from typing import Any

WIDTH, PANEL, LEFT, RIGHT, TOP, GAP = 900, 220, 64, 250, 56, 56
COLOURS = ("#1d4ed8", "#c2410c", "#15803d", "#7e22ce", "#0f766e", "#b91c1c")


def plot(document: dict[str, Any]) -> str:
    """Return the drawing as SVG, made of what `soak` writes as JSON."""
    series: dict[str, list[float]] = document["series"]
    height = TOP + 2 * PANEL + GAP + 40
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
        ' font-family="system-ui, sans-serif" font-size="12" fill="#1f2937">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="22" font-size="16" font-weight="600">Soak: memory and latency by'
        " the minute</text>",
        f'<text x="{LEFT}" y="40" fill="#6b7280">{escape(document["command"])};'
        f" {document['events']:,} events; {document['date']}</text>",
    ]
    for number, unit in enumerate(("MB", "ms")):
        own = {name: values for name, values in series.items() if name.endswith(unit)}
        out += _panel(own, document["trends"], TOP + number * (PANEL + GAP), unit)
    out.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{height - 8}" text-anchor="middle">'
        f"minute; the first {document['warm_up_minutes']} are not judged</text></svg>"
    )
    return "\n".join(out) + "\n"


def _panel(
    series: dict[str, list[float]], trends: dict[str, Any], top: float, unit: str
) -> list[str]:
    most = max((max(values) for values in series.values()), default=1.0)
    step = 10 ** (len(str(int(most))) - 1)
    high = (int(most / step) + 1) * step
    minutes = max((len(values) for values in series.values()), default=2)

    def x(minute: float) -> float:
        return LEFT + minute / max(1, minutes - 1) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return top + (1 - value / high) * PANEL

    out = []
    for tick in range(5):
        value = high * tick / 4
        out.append(
            f'<path d="M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}" stroke="#e5e7eb"/>'
            f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:,.0f}</text>'
        )
    out.append(f'<text x="{LEFT - 8}" y="{top - 8:.0f}" text-anchor="end">{unit}</text>')
    out += [
        f'<text x="{x(minute):.1f}" y="{top + PANEL + 18:.0f}" text-anchor="middle">'
        f"{minute + 1}</text>"
        for minute in range(0, minutes, 5 if minutes > 10 else 1)
    ]
    for number, (name, values) in enumerate(sorted(series.items())):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in enumerate(values))
        found = trends[name]
        said = f"{found['slope']:+,.3g} a minute [{found['low']:+,.3g}, {found['high']:+,.3g}]"
        row = top + 14 + number * 38
        out += [
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>',
            f'<text x="{WIDTH - RIGHT + 14}" y="{row}" fill="{colour}" font-weight="600">'
            f"{escape(name)}: {found['verdict']}</text>",
            f'<text x="{WIDTH - RIGHT + 14}" y="{row + 15}" fill="#6b7280">{said}</text>',
        ]
    return out

"""Quality against speed of every try: `python -m tests.bench.quality_chart`.

Reads `models/experiments.json` and writes `models/experiments.svg`, which a test holds to be what
the figures give. Average precision of intent, each language by itself, against mentions a second
and core, on a logarithmic scale.
"""

import json
import math
from html import escape
from pathlib import Path

import models

FIGURES = Path(models.__file__).parent / "experiments.json"
CHART = FIGURES.with_suffix(".svg")
WIDTH, HEIGHT = 960, 520
LEFT, RIGHT, TOP, BOTTOM = 64, 276, 56, 52
COLOURS = {"es": "#c2410c", "en": "#1d4ed8"}
TARGETS = {"accurate": 0.85, "fast": 0.75}


def chart(tries: list[dict[str, object]]) -> str:
    """Return the drawing of tries, each with name, kind, rate and average precision."""
    low, high = 0.45, 0.95
    slow, quick = 1.5, 5.5  # powers of ten

    def x(rate: float) -> float:
        return LEFT + (math.log10(rate) - slow) / (quick - slow) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        ' font-family="system-ui, sans-serif" font-size="12" fill="#1f2937">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="24" font-size="16" font-weight="600">Intent: average precision'
        " against speed</text>",
        f'<text x="{LEFT}" y="42" fill="#6b7280">real posts, held out in five folds, at 16 % intent'
        "; one core</text>",
    ]
    for tick in range(5, 10):
        at = y(tick / 10)
        out.append(
            f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#e5e7eb"/>'
            f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{tick / 10:.1f}</text>'
        )
    for power in range(2, 6):
        at = x(10**power)
        out.append(
            f'<path d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#e5e7eb"/>'
            f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">'
            f"{10**power:,}</text>"
        )
    out.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 12}" text-anchor="middle">'
        "mentions a second and core</text>"
    )
    for name, target in TARGETS.items():
        start, end = (LEFT, x(1_500)) if name == "accurate" else (x(1_500), WIDTH - RIGHT)
        out.append(
            f'<path d="M{start:.1f} {y(target):.1f}H{end:.1f}" stroke="#15803d"'
            ' stroke-dasharray="5 4"/>'
            f'<text x="{(start + end) / 2:.1f}" y="{y(target) - 5:.1f}" fill="#15803d">'
            f"target, {name} profile</text>"
        )
    lines, dots = [], []
    for number, one in enumerate(tries, start=1):
        rate = float(str(one["rate"]))
        alike = [other for other in tries if other["rate"] == one["rate"]]
        # Side by side where speeds are the same.
        at_x = x(rate) + 14 * (alike.index(one) - (len(alike) - 1) / 2)
        ends = [y(float(str(one[lang]))) for lang in COLOURS]
        kept = bool(one.get("kept"))
        lines.append(f'<path d="M{at_x:.1f} {min(ends):.1f}V{max(ends):.1f}" stroke="#d1d5db"/>')
        for colour, at in zip(COLOURS.values(), ends, strict=True):
            dots.append(
                f'<circle cx="{at_x:.1f}" cy="{at:.1f}" r="9" stroke="{colour}"'
                f' fill="{colour if kept else "#ffffff"}"/>'
                f'<text x="{at_x:.1f}" y="{at + 4:.1f}" text-anchor="middle" font-size="10"'
                f' fill="{"#ffffff" if kept else colour}">{number}</text>'
            )
        weight = ' font-weight="600"' if kept else ""
        top = TOP + 34 + 20 * number
        dots.append(
            f'<text x="{WIDTH - RIGHT + 32}" y="{top}" text-anchor="end"{weight}>{number}</text>'
            f'<text x="{WIDTH - RIGHT + 40}" y="{top}"{weight}>{escape(str(one["name"]))}</text>'
        )
    out += [*lines, *dots]
    for at, (lang, colour) in enumerate(COLOURS.items()):
        word = {"es": "Spanish", "en": "English"}[lang]
        left = WIDTH - RIGHT + 22 + at * 90
        out.append(
            f'<circle cx="{left}" cy="{TOP + 6}" r="6" fill="{colour}"/>'
            f'<text x="{left + 12}" y="{TOP + 10}">{word}</text>'
        )
    out.append(
        f'<text x="{WIDTH - RIGHT + 16}" y="{TOP + 30}" fill="#6b7280">filled: kept</text></svg>\n'
    )
    return "\n".join(out)


def main() -> None:
    """Write the chart."""
    CHART.write_text(chart(json.loads(FIGURES.read_text("utf-8"))["tries"]), "utf-8")
    print(f"written to {CHART}")


if __name__ == "__main__":
    main()

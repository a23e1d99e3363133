"""A preview for people and for programs."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from io import StringIO

import msgspec
from rich.console import Console
from rich.table import Table

from streams.listening.preview import NamePreview, Preview

BARS = " ▁▂▃▄▅▆▇█"
MAX_BARS = 31
WIDTH = 110


def preview_as_text(
    preview: Preview, names: Sequence[NamePreview], since: datetime, until: datetime
) -> str:
    """A table of all names, with a bar for each stretch of days, then examples."""
    table = Table(box=None, pad_edge=False)
    for heading in ("", "name", "in force", "new", "gained", "lost", "new, day by day"):
        number = heading in {"in force", "new", "gained", "lost"}
        table.add_column(heading, justify="right" if number else "left", no_wrap=not number)
    for one in names:
        table.add_row(
            one.kind.removesuffix("s"),
            one.name,
            f"{one.before.total():,}",
            f"{one.after.total():,}",
            f"+{one.gained:,}" if one.gained else "",
            f"-{one.lost:,}" if one.lost else "",
            bars(one.after, since.date(), until.date()),
        )
    out = StringIO()
    Console(file=out, width=WIDTH, highlight=False).print(table)
    lines = [out.getvalue().rstrip()] if names else ["no rule of either matched anything"]
    for one in names:
        for word, examples in (("gained", one.gained_examples), ("lost", one.lost_examples)):
            if examples:
                lines.append(f"\n{one.kind.removesuffix('s')} {one.name}: {word}, for example")
                lines += [f"  {example}" for example in examples]
    if preview.not_kept:
        lines.append(
            f"\n{preview.not_kept:,} stored mentions come from sources that keep only what"
            " matches, and the new rules would not have kept them"
        )
    return "\n".join(lines)


def bars(counts: Counter[date], first: date, last: date) -> str:
    """One bar per day, or per some days where there are many; the highest is full."""
    days = (last - first).days + 1
    step = -(-days // MAX_BARS)
    sums = [
        sum(counts[first + timedelta(days=day)] for day in range(start, start + step))
        for start in range(0, days, step)
    ]
    highest = max(sums, default=0)
    if not highest:
        return ""
    return "".join(BARS[-(-count * (len(BARS) - 1) // highest)] for count in sums)


def preview_as_json(preview: Preview, names: Sequence[NamePreview]) -> bytes:
    """All of it, days as ISO dates."""
    return msgspec.json.encode(
        {
            "mentions": preview.mentions,
            "not_kept": preview.not_kept,
            "names": [
                {
                    "kind": one.kind.removesuffix("s"),
                    "name": one.name,
                    "in_force": one.before.total(),
                    "new": one.after.total(),
                    "gained": one.gained,
                    "lost": one.lost,
                    "days": {
                        day.isoformat(): {"in_force": one.before[day], "new": one.after[day]}
                        for day in sorted({*one.before, *one.after})
                        if one.before[day] or one.after[day]
                    },
                    "gained_examples": one.gained_examples,
                    "lost_examples": one.lost_examples,
                }
                for one in names
            ],
        }
    )

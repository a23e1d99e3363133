"""Reports as plain text, aligned, for a terminal or a file."""

import textwrap
import unicodedata
from collections.abc import Iterator

from models.comparison import Comparison
from models.evaluated import Evaluation
from models.reports import tables
from models.reports.tables import Table
from models.reports.words import Language, Wording

WIDTH = 100
_LONGEST_CELL = 72


def evaluation_text(found: Evaluation, language: Language = "en") -> str:
    """Return an evaluation as text."""
    say = Wording(language)
    return "\n".join(_evaluation(found, say))


def _evaluation(found: Evaluation, say: Wording) -> Iterator[str]:
    yield say("title", found.model)
    for fact in tables.facts(found, say):
        yield from textwrap.wrap(fact, WIDTH)
    yield from lines_of(tables.summary(found, say))
    for head in found.heads:
        yield from ("", f"== {say(head.head)} ==")
        if head.alert is not None:
            yield from lines_of(tables.alert(head, head.alert, say))
        yield from lines_of(tables.baselines(head, say))
        if head.alert is not None:
            yield from lines_of(tables.thresholds(head.alert, say))
        yield from lines_of(tables.classes(head, say))
        for table in tables.confusions(head, say):
            yield from lines_of(table)
        bins = head.alert.reliability if head.alert is not None else head.reliability
        yield from lines_of(tables.reliability(bins, say))
        for by_group in (tables.groups(head, say), tables.lifts(head, say)):
            if by_group is not None:
                yield from lines_of(by_group)
        for group in head.groups:
            if group.kind == "language" and group.confusion is not None:  # the page has all
                yield from lines_of(tables.within(head, group, say)[0])
    if (wrong := tables.mistakes(found, say)) is not None:
        yield from lines_of(wrong)


def comparison_text(found: Comparison, language: Language = "en") -> str:
    """Return a comparison as text."""
    say = Wording(language)
    lines = [
        f"{say('measured on')}: {', '.join(found.files) or tables.MEMORY},"
        f" {say.count(found.mentions)} {say('mentions')}.",
        *textwrap.wrap(say("intervals", say.count(found.resamples), found.seed), WIDTH),
        *lines_of(tables.differences(found, say)),
    ]
    if found.learnt:
        lines.insert(1, say("learnt", say.count(found.learnt)))
    if (texts := tables.disagreements(found, say)) is not None:
        lines += lines_of(texts)
    return "\n".join(lines)


def lines_of(table: Table) -> list[str]:
    """Return a table as lines, its columns aligned."""
    rows = [list(table.header), *([_short(cell) for cell in row] for row in table.rows)]
    widths = [max(_width(row[k]) for row in rows) for k in range(len(table.header))]
    lines = ["", table.title]
    for number, row in enumerate(rows):
        cells = [
            cell + " " * (width - _width(cell))
            if k < table.words
            else " " * (width - _width(cell)) + cell
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(("  " + "  ".join(cells)).rstrip())
        if number == 0:
            lines.append("  " + "  ".join("─" * width for width in widths))
    return lines + [f"  {line}" for line in textwrap.wrap(table.note, WIDTH - 2)]


def _short(cell: str) -> str:
    """A cell in one line that cannot move the cursor, whatever text it is."""
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in cell)
    plain = " ".join(plain.split())
    return plain if len(plain) <= _LONGEST_CELL else plain[: _LONGEST_CELL - 1] + "…"


def _width(cell: str) -> int:
    """Columns on a terminal: emoji and the like take two, marks none."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in cell)
    return len(cell) + wide - sum(unicodedata.category(c) in ("Mn", "Me", "Cf") for c in cell)

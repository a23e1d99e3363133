"""Tables and bars as the panels have them: their names, their words, their units."""

from collections.abc import Sequence

from streams.report import charts
from streams.report.document import Chart, Table
from streams.report.facts import Row
from streams.report.panels import panels
from streams.report.words import Say


def panel_table(
    say: Say, query: str, rows: Sequence[Row], columns: Sequence[str], *, words: int, most: int
) -> Table:
    """Return the first rows of a panel's answer, with the columns that fit a page."""
    panel = panels()[query]
    return Table(
        panel.title.within(say.language),
        tuple(panel.column(name).name.within(say.language) for name in columns),
        tuple(
            tuple(say.cell(row[name], panel.column(name)) for name in columns)
            for row in rows[:most]
        ),
        words,
    )


def panel_bars(
    say: Say,
    query: str,
    rows: Sequence[Row],
    parts: Sequence[str],
    name: str,
    titles: tuple[str, str],
) -> Chart:
    """Return the bars of a panel; `titles` is the chart's, and what the names are names of."""
    panel = panels()[query]
    title, called = titles
    series = [
        charts.Series(
            panel.column(part).name.within(say.language),
            panel.column(part).color,
            [float(row[part]) for row in rows],
        )
        for part in parts
    ]
    names = [str(row[name]) for row in rows]
    sums = [sum(int(row[part]) for part in parts) for row in rows]
    whole = sum(sums) or 1
    table = Table(
        title,
        (called, *(one.name for one in series), say("all"), say("share")),
        tuple(
            (
                names[number],
                *(say.decimal(one.values[number]) for one in series),
                say.decimal(sums[number]),
                say.share(sums[number] / whole),
            )
            for number in range(len(rows))
        ),
    )
    return Chart(title, described(table), charts.bars(title, names, series, say), table)


def day_lines(say: Say, query: str, rows: Sequence[Row], parts: Sequence[str], title: str) -> Chart:
    """Return the lines of a panel over the days of the week."""
    panel = panels()[query]
    series = [
        charts.Series(
            panel.column(part).name.within(say.language),
            panel.column(part).color,
            [float(row[part]) for row in rows],
        )
        for part in parts
    ]
    table = Table(
        title,
        (say("day"), *(one.name for one in series)),
        tuple(
            (say.weekday(row["time"]), *(say.decimal(row[part]) for part in parts)) for row in rows
        ),
    )
    labels = [say.day(row["time"]) for row in rows]
    return Chart(title, described(table), charts.lines(title, labels, series, say), table)


def described(table: Table) -> str:
    """The figures of a plot in words, for who does not see it."""
    rows = "; ".join(
        f"{row[0]}: "
        + ", ".join(f"{name} {cell}" for name, cell in zip(table.header[1:], row[1:], strict=True))
        for row in table.rows
    )
    return f"{table.title}. {rows}."

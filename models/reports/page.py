"""An evaluation as one HTML page that needs nothing else: no script, no address, light and dark."""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Final

from models.evaluated import Evaluation, Group, HeadEvaluation
from models.reports import plots, tables
from models.reports.tables import Table
from models.reports.words import Language, Wording

_STYLE: Final = Path(__file__).with_name("page.css")
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_LONG_TEXT: Final = 25  # characters; longer cells may break into lines


def evaluation_page(found: Evaluation, language: Language = "en") -> str:
    """Return the page; the same evaluation gives the same page. Every text in it is escaped."""
    say = Wording(language)
    title = escape(say("title", found.model))
    style = _STYLE.read_text("utf-8")
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>\n{style}</style></head>\n"
        f"<body><main><h1>{title}</h1>\n{chr(10).join(_body(found, say))}\n</main></body></html>\n"
    )


def _body(found: Evaluation, say: Wording) -> Iterator[str]:
    for fact in tables.facts(found, say):
        yield f'<p class="fact">{escape(fact)}</p>'
    links = "".join(f'<li><a href="#{h.head}">{escape(say(h.head))}</a></li>' for h in found.heads)
    if found.examples:
        links += f'<li><a href="#mistakes">{escape(say("mistakes"))}</a></li>'
    yield f"<nav><ul>{links}</ul></nav>"
    yield _table(tables.summary(found, say))
    for head in found.heads:
        yield f'<section id="{head.head}"><h2>{escape(say(head.head))}</h2>'
        yield from _head(head, say)
        yield "</section>"
    if (mistakes := tables.mistakes(found, say)) is not None:
        yield f'<section id="mistakes"><h2>{escape(mistakes.title)}</h2>'
        yield _table(mistakes, titled=False)
        yield "</section>"


def _head(head: HeadEvaluation, say: Wording) -> Iterator[str]:
    asked = head.alert
    name = say(head.head)
    if asked is not None:
        yield _table(tables.alert(head, asked, say))
    yield _table(tables.baselines(head, say))
    if asked is not None:
        title = f"{name}: {say('curve').lower()}"
        picture = plots.curve(asked.curve, asked.prevalence, title, say)
        yield _side(title, picture, _table(tables.thresholds(asked, say)), say("curve note"))
    bins = head.reliability if asked is None else asked.reliability
    title = f"{name}: {say('reliability').lower()}"
    picture = plots.reliability(bins, title, say)
    yield _side(title, picture, _table(tables.reliability(bins, say)))
    yield _table(tables.classes(head, say))
    for confusion in tables.confusions(head, say):
        yield _table(confusion, heat=True)
    if (groups := tables.groups(head, say)) is not None:
        figure = "average_precision" if asked is not None else "macro_f1"
        title = f"{name}: {say(figure)}"
        rows = [(f"{say(g.kind)} {g.name}", g.figures[figure]) for g in head.groups]
        yield _table(groups)
        yield _side(title, plots.intervals(rows, title, say), "")
    if (lifts := tables.lifts(head, say)) is not None:
        yield _table(lifts)
    for group in head.groups:
        yield from _group(head, group, say)


def _group(head: HeadEvaluation, group: Group, say: Wording) -> Iterator[str]:
    """Confusion and reliability of a group, folded until somebody asks."""
    title = f"{say(head.head)}, {say(group.kind)} {group.name}: {say('reliability').lower()}"
    yield f"<details><summary>{escape(f'{say(group.kind)} {group.name}')}</summary>"
    *confusion, bins = tables.within(head, group, say)
    for table in confusion:
        yield _table(table, heat=True)
    yield _side(title, plots.reliability(group.reliability, title, say), _table(bins))
    yield "</details>"


def _side(title: str, picture: str, beside: str, note: str = "") -> str:
    below = f'<p class="note">{escape(note)}</p>' if note else ""
    return (
        f'<div class="side"><figure><figcaption>{escape(title)}</figcaption>{picture}{below}'
        f"</figure>{beside}</div>"
    )


def _table(table: Table, *, titled: bool = True, heat: bool = False) -> str:
    head = "".join(
        f'<th scope="col"{_word(k, table)}>{escape(name)}</th>'
        for k, name in enumerate(table.header)
    )
    body = "".join(f"<tr>{_cells(row, table, heat)}</tr>" for row in table.rows)
    title = f"<h3>{escape(table.title)}</h3>" if titled else ""
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    label = escape(table.title, quote=True)
    return (
        f'<div>{title}<div class="wide" role="region" aria-label="{label}" tabindex="0">'
        f'<table aria-label="{label}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{note}</div>"
    )


def _cells(row: list[str], table: Table, heat: bool) -> str:
    counts = [int("".join(filter(str.isdigit, cell)) or 0) for cell in row[1:]] if heat else []
    cells = []
    for k, cell in enumerate(row):
        if k == 0 and table.words:
            cells.append(f'<th scope="row" class="word">{escape(cell)}</th>')
        elif heat:
            share = counts[k - 1] / max(1, sum(counts))
            cells.append(f'<td class="heat" style="--share: {share:.3f}">{escape(cell)}</td>')
        elif k < table.words:
            long = " text" if len(cell) > _LONG_TEXT else ""
            cells.append(f'<td class="word{long}">{escape(cell)}</td>')
        else:
            cells.append(f"<td>{escape(cell)}</td>")
    return "".join(cells)


def _word(k: int, table: Table) -> str:
    return ' class="word"' if k < table.words else ""

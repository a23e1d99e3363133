"""The report as one HTML page that needs nothing else: no script, no address, light and dark.

It is built as a tree and written out by the standard library, so that no text can become markup.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from streams.report.document import (
    Block,
    Cards,
    Chart,
    Document,
    Links,
    Quotes,
    Section,
    Table,
    Words,
)

_STYLE: Final = Path(__file__).with_name("page.css")
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_LONG: Final = 40  # characters; a cell of more is wide enough to be read on a phone
_SVG: Final = "{http://www.w3.org/2000/svg}"


def page(document: Document) -> str:
    """Return the page."""
    root = ET.Element("html", lang=document.language)
    title = f"{document.title}, {document.subtitle}"
    head = _add(root, "head")
    _add(head, "meta", charset="utf-8")
    _add(head, "meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY})
    _add(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    _add(head, "title", text=title)
    _add(head, "style", text=_STYLE.read_text("utf-8"))
    main = _add(_add(root, "body"), "main")
    header = _add(main, "header")
    _add(header, "h1", text=document.title)
    _add(header, "p", {"class": "subtitle"}, text=document.subtitle)
    _add(header, "p", {"class": "note"}, text=document.note)
    contents = _add(main, "nav", {"aria-label": document.contents})
    names = _add(contents, "ul")
    for section in document.sections:
        _add(_add(names, "li"), "a", href=f"#{section.id}", text=section.title)
    for section in document.sections:
        _section(main, section, document)
    written: str = ET.tostring(root, encoding="unicode", method="html")
    return f"<!doctype html>\n{written}\n"


def _section(parent: ET.Element, section: Section, document: Document) -> None:
    name = f"{section.id}-title"
    here = _add(parent, "section", {"id": section.id, "aria-labelledby": name})
    _add(here, "h2", id=name, text=section.title)
    for block in section.blocks:
        _BLOCKS[type(block)](here, block, document)


def _words(parent: ET.Element, block: Words, document: Document) -> None:
    _add(parent, "p", {"class": "note" if block.is_note else "reading"}, text=block.text)


def _cards(parent: ET.Element, block: Cards, document: Document) -> None:
    cards = _add(parent, "ul", {"class": "cards"})
    for card in block.cards:
        here = _add(cards, "li")
        _add(here, "h3", text=card.label)
        _add(here, "p", {"class": "value"}, text=card.value)
        _add(here, "p", {"class": "note"}, text=card.before)
        _add(here, "p", text=card.reading)


def _table(parent: ET.Element, block: Table, document: Document) -> None:
    # A table wider than a phone scrolls by itself, also by keyboard.
    wide = _add(
        parent,
        "div",
        {"class": "wide", "role": "region", "tabindex": "0", "aria-label": block.title},
    )
    table = _add(wide, "table")
    _add(table, "caption", text=block.title)
    head = _add(_add(table, "thead"), "tr")
    for number, name in enumerate(block.header):
        _add(head, "th", _place(number, block) | {"scope": "col"}, text=name)
    body = _add(table, "tbody")
    for row in block.rows:
        line = _add(body, "tr")
        for number, cell in enumerate(row):
            if number == 0:
                _add(line, "th", _place(number, block) | {"scope": "row"}, text=cell)
            elif number < block.words and len(cell) > _LONG:
                _add(line, "td", {"class": "word text"}, text=cell)
            else:
                _add(line, "td", _place(number, block), text=cell)


def _chart(parent: ET.Element, block: Chart, document: Document) -> None:
    figure = _add(parent, "figure")
    _add(figure, "figcaption", text=block.title)
    svg = ET.fromstring(block.svg)  # noqa: S314 - drawn by charts.py
    for node in svg.iter():  # HTML has no namespaces
        node.tag = str(node.tag).removeprefix(_SVG)
    svg.set("aria-label", block.described)
    figure.append(svg)
    details = _add(parent, "details")
    _add(details, "summary", text=f"{document.as_table}: {block.table.title}")
    _table(details, block.table, document)


def _quotes(parent: ET.Element, block: Quotes, document: Document) -> None:
    _add(parent, "h3", text=block.title)
    quotes = _add(parent, "ul", {"class": "quotes"})
    for quote in block.quotes:
        here = _add(quotes, "li")
        said = {"lang": quote.lang} if quote.lang else {}
        _add(_add(here, "blockquote", said), "p", text=quote.text)
        meta = _add(here, "p", {"class": "note"})
        if quote.url:
            _add(meta, "a", {"href": quote.url, "rel": "noopener noreferrer"}, text=quote.meta)
        else:
            meta.text = quote.meta


def _links(parent: ET.Element, block: Links, document: Document) -> None:
    names = _add(parent, "dl")
    for title, meaning, address in block.rows:
        _add(_add(names, "dt"), "a", href=address, text=title)
        _add(names, "dd", text=meaning)


def _place(number: int, table: Table) -> dict[str, str]:
    return {"class": "word"} if number < table.words else {}


def _add(
    parent: ET.Element,
    tag: str,
    attributes: dict[str, str] | None = None,
    *,
    text: str = "",
    **more: str,
) -> ET.Element:
    node = ET.SubElement(parent, tag, attributes or {}, **more)
    if text:
        node.text = text
    return node


_BLOCKS: Final[dict[type[Block], Callable[[ET.Element, Any, Document], None]]] = {
    Words: _words,
    Cards: _cards,
    Table: _table,
    Chart: _chart,
    Quotes: _quotes,
    Links: _links,
}

"""What a report says, before it is a page or a PDF: both are made of this, so both say the same."""

from collections.abc import Sequence
from typing import Any

import msgspec


class Card(msgspec.Struct, frozen=True):
    """A headline figure: what, how much, what it was, and that in a sentence."""

    label: str
    value: str
    before: str
    reading: str


class Cards(msgspec.Struct, frozen=True, tag="cards"):
    """The headline figures, side by side."""

    cards: tuple[Card, ...]


class Words(msgspec.Struct, frozen=True, tag="words"):
    """A sentence that reads a figure for who does not want to, or a note below one."""

    text: str
    is_note: bool = False


class Table(msgspec.Struct, frozen=True, tag="table"):
    """Cells that are ready to be read; the first `words` columns are text, others figures."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1
    note: str = ""


class Chart(msgspec.Struct, frozen=True, tag="chart"):
    """A plot, the same in words for who does not see it, and its figures as a table."""

    title: str
    described: str
    svg: str  # our own drawing, every text in it escaped
    table: Table


class Quote(msgspec.Struct, frozen=True):
    """What somebody wrote, in which language, and where it can be read, if anywhere."""

    text: str
    lang: str
    meta: str
    url: str = ""


class Quotes(msgspec.Struct, frozen=True, tag="quotes"):
    """Evidence."""

    title: str
    quotes: tuple[Quote, ...]


class Links(msgspec.Struct, frozen=True, tag="links"):
    """Names with what they mean and where they are shown."""

    rows: tuple[tuple[str, str, str], ...]


Block = Cards | Words | Table | Chart | Quotes | Links


class Section(msgspec.Struct, frozen=True):
    """One heading and what stands below it; its id is what a link names."""

    id: str
    title: str
    blocks: tuple[Block, ...]


class Document(msgspec.Struct, frozen=True):
    """A whole report."""

    language: str
    title: str
    subtitle: str
    note: str
    contents: str
    as_table: str
    page: str  # with {n} and {of}
    sections: tuple[Section, ...]

    @property
    def cards(self) -> Sequence[Card]:
        """The headline figures, wherever they stand."""
        return [
            card
            for section in self.sections
            for block in section.blocks
            if isinstance(block, Cards)
            for card in block.cards
        ]

    def figures(self) -> list[dict[str, Any]]:
        """The headline figures for programs."""
        return [{"figure": c.label, "value": c.value, "before": c.before} for c in self.cards]

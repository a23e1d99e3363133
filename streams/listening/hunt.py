"""Which stored mentions a rule matches, newest first: what a search and an export are made of."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa

from schemas.mention import Author, Mention
from schemas.search import Ask, Place
from streams.listening.slices import WIDTHS_MS, Counts, counts, rows_of, slices
from streams.listening.stored import FIELDS, events_of
from streams.rules.compiled import with_marks
from streams.rules.entities import sensible
from streams.rules.matcher import Matcher
from streams.rules.nodes import And, Field, Near, Node, Not, Or, Phrase
from streams.sinks.clickhouse import ClickHouse

AT_ONCE: Final = 10_000  # rows that are matched at a time
_KEY: Final = ("mention_id", "published_at")
_TEXT: Final = ("text", "lang", "hashtags", "mentioned_handles")
_OF_TEXT: Final = frozenset({"lang"})  # fields that need no more of a mention than its text


class Finder:
    """One rule, ready to be asked about rows; without a rule every row is found."""

    def __init__(self, rule: str) -> None:
        """Raises RuleError."""
        self.rule: Node | None = sensible(rule) if rule.strip() else None
        self._matcher = Matcher([self.rule]) if self.rule is not None else None
        asked = set(_fields(self.rule)) if self.rule is not None else set()
        self._needs_events = bool(asked - _OF_TEXT)

    @property
    def columns(self) -> tuple[str, ...]:
        """What rows must have to be asked about."""
        if self._matcher is None:
            return _KEY
        return tuple(FIELDS) if self._needs_events else (*_KEY, *_TEXT)

    def found(self, rows: pa.Table) -> pa.Table:
        """The rows that the rule matches."""
        if self._matcher is None:
            return rows
        kept = [
            start + self._places(self._matcher, rows.slice(start, AT_ONCE))
            for start in range(0, rows.num_rows, AT_ONCE)
        ]
        return rows.take(pa.array(np.concatenate(kept) if kept else [], pa.int64()))

    def _places(
        self, matcher: Matcher, rows: pa.Table
    ) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        asked: list[list[Any]] = [rows[name].to_pylist() for name in _TEXT]
        texts, langs, tags, handles = asked
        read = [
            with_marks(text, marks, names) if marks or names else text
            for text, marks, names in zip(texts, tags, handles, strict=True)
        ]
        mentions = events_of(rows) if self._needs_events else [_NOBODY] * rows.num_rows
        matched, _ = matcher.match(mentions, read, langs)
        return np.sort(matched).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Look:
    """What one slice gave: rows that were found, newest first, and how many were looked at."""

    found: pa.Table
    looked_at: int
    reached_ms: int


class Hunt:
    """One search of a period; `total` is known once it was planned."""

    def __init__(
        self, clickhouse: ClickHouse, finder: Finder, ask: Ask, after: Place | None = None
    ) -> None:
        """`after`: only what lies behind that place."""
        self._clickhouse = clickhouse
        self._finder = finder
        self._ask = ask
        self._after = after
        self._until_ms = min(ask.until_ms, after.published_ms + 1) if after else ask.until_ms
        self._hours: Counts = ()

    async def plan(self) -> int:
        """About how many mentions there are to look at."""
        self._hours = await counts(
            self._clickhouse, self._ask.since_ms, self._until_ms, self._ask.wanted, WIDTHS_MS[0]
        )
        return sum(rows for _, rows in self._hours)

    async def looks(self, columns: Sequence[str] = ()) -> AsyncIterator[Look]:
        """Slice after slice; rows have the finder's columns and those asked for."""
        wanted = tuple(dict.fromkeys((*self._finder.columns, *columns)))
        parts = slices(
            self._clickhouse, self._ask.since_ms, self._until_ms, self._ask.wanted, self._hours
        )
        async for part in parts:
            rows = await rows_of(self._clickhouse, part, self._ask.wanted, wanted)
            found = await asyncio.to_thread(self._found, rows)
            yield Look(found, rows.num_rows, part.since_ms)

    def _found(self, rows: pa.Table) -> pa.Table:
        found = self._finder.found(rows).sort_by(
            [("published_at", "descending"), ("mention_id", "descending")]
        )
        if self._after is None:
            return found
        behind = [number for number, place in enumerate(places(found)) if place < self._after]
        return found.take(pa.array(behind, pa.int64()))


def places(rows: pa.Table) -> Iterator[Place]:
    """Where each row stands."""
    moments = rows["published_at"].cast(pa.timestamp("ms", "UTC")).cast(pa.int64())
    named: list[list[Any]] = [moments.to_pylist(), rows["mention_id"].to_pylist()]
    for moment, mention_id in zip(*named, strict=True):
        yield Place(moment, mention_id)


def _fields(node: Node) -> Iterator[str]:
    match node:
        case Field():
            yield node.name
        case And() | Or():
            for child in node.children:
                yield from _fields(child)
        case Not():
            yield from _fields(node.child)
        case Phrase() | Near():
            return


# Stands for whoever said what only the text is asked of.
_NOBODY: Final = Mention(
    mention_id="x:x",
    source="x",
    author=Author(id="x"),
    text="",
    published_at=datetime(1970, 1, 1, tzinfo=UTC),
)

"""What a search over stored mentions asks and gives: between the console and what searches."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from schemas.rules import Told

Format = Literal["csv", "parquet"]
FORMATS: Final[Mapping[Format, str]] = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
PAGE_MENTIONS: Final = 50
MAX_RULE_CHARS: Final = 2_000


class Wanted(msgspec.Struct, frozen=True):
    """Filters by what is stored with a mention; empty: all. Equal ones are interchangeable."""

    brand: str = ""
    topic: str = ""
    lang: str = ""
    source: str = ""
    intent_only: bool = False
    least: float = 0.0  # probability of the stated intent; above 0 leaves out what has none

    @property
    def parameters(self) -> dict[str, Any]:
        """The filters as a query binds them."""
        return {**msgspec.structs.asdict(self), "intent_only": int(self.intent_only)}


class Place(msgspec.Struct, frozen=True, order=True):
    """Where a mention stands among all; a place without an id is before all of its moment."""

    published_ms: int
    mention_id: str = ""

    def __str__(self) -> str:
        return f"{self.published_ms}/{self.mention_id}"


class Ask(msgspec.Struct, frozen=True):
    """A search: a rule (empty: all), filters, and from when to before when, in milliseconds."""

    rule: str
    wanted: Wanted
    since_ms: int
    until_ms: int


class RuleProblem(msgspec.Struct, frozen=True):
    """A mistake in a rule's text: from `start` to `end`, counted in code points.

    What is wrong and what helps, both in both languages; `remedy` is null where nothing is known.
    """

    start: int
    end: int
    message: Told
    remedy: Told | None


class Column(msgspec.Struct, frozen=True):
    """A column of an exported file and its meaning, in both languages."""

    name: str
    es: str
    en: str


class Waiting(msgspec.Struct, frozen=True, tag="waiting", tag_field="step"):
    """As many searches as there may be run already; this one begins after them."""


class Progress(msgspec.Struct, frozen=True, tag="progress", tag_field="step"):
    """How far a search has come: newest first, down to `reached_ms`."""

    looked_at: int
    total: int  # about: a mention that was changed meanwhile may count twice
    found: int
    reached_ms: int


class Page(msgspec.Struct, frozen=True, tag="page", tag_field="step"):
    """Mentions that were found, newest first, and where the next ones begin; None: there are none.

    Each mention says where in its text the rule matched, in code points.
    """

    mentions: list[dict[str, Any]]
    after: str | None


class End(msgspec.Struct, frozen=True, tag="end", tag_field="step"):
    """The last step. Not exact: the time was over, and there are at least as many."""

    found: int
    is_exact: bool
    looked_at: int
    total: int
    reached_ms: int


class Failed(msgspec.Struct, frozen=True, tag="failed", tag_field="step"):
    """The last step of a search that could not go on; `code` is one of the console's errors."""

    code: str


Step = Waiting | Progress | Page | End | Failed

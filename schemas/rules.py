"""Listening rules as a person edits them: checked, tried on stored mentions, published."""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from schemas.desk import MAX_OWNER_CHARS

MAX_RULES_BYTES: Final = 200_000  # of what is edited on a page; longer files: by command
MAX_REASON_CHARS: Final = 500
MAX_PREVIEW_DAYS: Final = 90

Publishing = Literal["saved", "unchanged", "changed_meanwhile", "mistaken", "away"]
Text = Annotated[str, Meta(max_length=MAX_RULES_BYTES)]
Piece = tuple[str, bool]  # some text, and whether a rule found it


class Told(msgspec.Struct, frozen=True):
    """A sentence in both languages."""

    en: str
    es: str


class Mistake(msgspec.Struct, frozen=True):
    """What is wrong and what helps; `line` and `column` count from 1."""

    line: int
    column: int
    told: Told


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found. Without mistakes, `version` names the rules, whatever their comments."""

    mistakes: list[Mistake] = []
    warnings: list[Told] = []
    version: str = ""
    counts: dict[str, int] = {}  # of brands, topics and so on


class RuleSet(msgspec.Struct, frozen=True, kw_only=True):
    """Rules as they were published; number 0 are those that a release brings along."""

    sequence: int
    version: str
    listening: str
    applied_by: str
    applied_at: datetime | None
    reason: str


class Trial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to try, on the mentions of how many days."""

    listening: Text
    days: Annotated[int, Meta(ge=1, le=MAX_PREVIEW_DAYS)]


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """So many of the stored mentions were looked at."""

    done: int
    total: int


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A mention, its text in pieces: those that the rule found, and what is between."""

    mention_id: str
    source: str
    author: str
    url: str
    published_at: datetime
    pieces: list[Piece]


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one brand, topic or other name."""

    kind: str
    name: str
    in_force: int  # mentions under the rules in force
    new: int  # and under those that are tried
    gained: int
    lost: int
    gained_examples: list[Example]
    lost_examples: list[Example]
    kept_examples: list[Example]


class Previewed(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """What other rules would match in stored mentions; `whole`: all of the period was looked at."""

    version: str
    mentions: int
    total: int
    whole: bool
    not_kept: int  # that the new rules would have filtered out
    since: datetime
    until: datetime
    effects: list[Effect]


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """Why there is no preview: `mistaken`, `busy` or `away`; `reason` says what helps."""

    code: str
    reason: str = ""


class Publication(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules to put in force, made in sight of those with the number `expected_sequence`."""

    listening: Text
    expected_sequence: Annotated[int, Meta(ge=0, le=65_535)]
    reason: Annotated[str, Meta(min_length=1, max_length=MAX_REASON_CHARS, pattern=r"\S")]
    made_by: Annotated[str, Meta(min_length=1, max_length=MAX_OWNER_CHARS, pattern=r"\S")]


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a publication; `in_force` are the rules that hold now, where that is known."""

    fate: Publishing
    in_force: RuleSet | None = None
    mistakes: list[Mistake] = []
    reason: str = ""

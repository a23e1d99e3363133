"""What people decide about leads and about mentions that wait for a reply: one event a change."""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from schemas.mention import Id, SourceName

Queue = Literal["leads", "care"]
ChangeKind = Literal["assigned", "status", "note", "due"]
Fate = Literal["saved", "changed_meanwhile", "gone", "away"]

STATUSES: Final[dict[Queue, frozenset[str]]] = {
    "leads": frozenset({"new", "working", "won", "lost", "dismissed"}),
    "care": frozenset({"open", "done", "dismissed"}),
}
KINDS: Final[dict[Queue, frozenset[str]]] = {
    "leads": frozenset({"assigned", "status", "note", "due"}),
    "care": frozenset({"assigned", "status", "note"}),
}
MAX_OWNER_CHARS: Final = 80


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One change of one item, made in sight of its version `expected_version`.

    `subject` is an author's id for a lead, a mention_id for care.
    """

    source: SourceName
    subject: Id
    expected_version: Annotated[int, Meta(ge=0, le=1_000_000)]
    kind: ChangeKind
    value: Annotated[str, Meta(max_length=2_000)] = ""
    made_by: Annotated[str, Meta(min_length=1, max_length=MAX_OWNER_CHARS, pattern=r"\S")]


class Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How soon a first reply is due from now on."""

    minutes: Annotated[int, Meta(ge=1, le=10_080)]
    made_by: Annotated[str, Meta(min_length=1, max_length=MAX_OWNER_CHARS, pattern=r"\S")]


class Outcome(msgspec.Struct, frozen=True):
    """What became of a change; `changed_meanwhile`: somebody else was first, nothing was written.

    `reason` says in words what is away and what helps.
    """

    fate: Fate
    version: int = 0
    reason: str = ""


def problem_of(queue: Queue, change: Change) -> str:
    """Return what is wrong with a change for this queue, "" if nothing is."""
    if change.kind not in KINDS[queue]:
        return f"{queue} have no {change.kind}"
    if change.kind == "status" and change.value not in STATUSES[queue]:
        return f"status is one of {', '.join(sorted(STATUSES[queue]))}"
    if change.kind == "assigned" and len(change.value) > MAX_OWNER_CHARS:
        return f"a name has {MAX_OWNER_CHARS} characters at most"
    if change.kind == "note" and not change.value.strip():
        return "a note says something"
    if change.kind == "due" and change.value and not _is_instant(change.value):
        return "due is a time with an offset, as 2026-07-04T10:00:00Z, or empty"
    return ""


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False

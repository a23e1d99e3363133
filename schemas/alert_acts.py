"""What people do about an alert, as the console takes it; what became of it is a `desk.Outcome`."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.desk import MAX_OWNER_CHARS

Act = Literal["acknowledge", "release", "snooze", "wake", "note"]
LONGEST_SNOOZE_DAYS = 366


class AlertAct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One act, made in sight of the change `expected_change` of its alert.

    `release` takes an acknowledgement back, `wake` a snooze.
    """

    alert_id: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^\w+$")]
    expected_change: Annotated[int, Meta(ge=1, le=2**32 - 2)]
    act: Act
    until: Annotated[datetime, Meta(tz=True)] | None = None  # of a snooze
    note: Annotated[str, Meta(max_length=2_000)] = ""
    made_by: Annotated[str, Meta(min_length=1, max_length=MAX_OWNER_CHARS, pattern=r"\S")]


def problem_of(act: AlertAct, now: datetime) -> str:
    """Return what is wrong with an act, "" if nothing is."""
    if act.act == "note" and not act.note.strip():
        return "a note says something"
    if act.act != "note" and act.note:
        return f"to {act.act} takes no note"
    if act.act != "snooze":
        return f"to {act.act} takes no time" if act.until else ""
    if act.until is None or act.until <= now:
        return "a snooze lasts until a time to come"
    if (act.until - now).days > LONGEST_SNOOZE_DAYS:
        return f"a snooze lasts {LONGEST_SNOOZE_DAYS} days at most"
    return ""

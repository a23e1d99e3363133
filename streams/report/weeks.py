"""Weeks as calendars number them: Monday to Sunday, UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from streams.errors import InputError

_NAME = re.compile(r"(\d{4})-W(\d{2})")
_LENGTH = timedelta(days=7)
# Queries ask for "up to", so a week ends just before the next; half of the last millisecond, so
# that no rounding makes another one of it.
_LAST_INSTANT = timedelta(microseconds=500)


@dataclass(frozen=True)
class Week:
    """One week of the ISO calendar."""

    monday: datetime  # its first instant

    @classmethod
    def parse(cls, text: str, now: datetime) -> Self:
        """Read `2026-W48`, or `last` for the last one that is over; raises InputError."""
        this_monday = now.replace(hour=0, minute=0, second=0, microsecond=0)
        this_monday -= timedelta(days=now.weekday())
        if text == "last":
            return cls(this_monday - _LENGTH)
        match = _NAME.fullmatch(text)
        try:
            if match is None:
                raise ValueError("not a week")
            monday = datetime.fromisocalendar(int(match[1]), int(match[2]), 1).replace(tzinfo=UTC)
        except ValueError:
            raise InputError(
                f"--week {text[:40]!r} is no week: write it as 2026-W48, or say last"
            ) from None
        if monday > now:
            raise InputError(f"--week {text} has not begun")
        return cls(monday)

    @property
    def name(self) -> str:
        """As the ISO calendar writes it."""
        year, week, _ = self.monday.isocalendar()
        return f"{year}-W{week:02}"

    @property
    def sunday(self) -> datetime:
        """The first instant of its last day."""
        return self.monday + timedelta(days=6)

    @property
    def last_instant(self) -> datetime:
        """The end of it, which the next week does not share."""
        return self.monday + _LENGTH - _LAST_INSTANT

    @property
    def before(self) -> "Week":
        """The week before."""
        return Week(self.monday - _LENGTH)

    def is_over(self, now: datetime) -> bool:
        """Whether nothing more can happen in it."""
        return now >= self.monday + _LENGTH

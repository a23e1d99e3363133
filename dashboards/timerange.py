"""Time ranges as Grafana writes them, and the bucket width it derives from one."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MAX_RANGE = timedelta(days=400)

_RELATIVE = re.compile(r"now(?:-(\d{1,6})([smhdwMy]))?(?:/([smhdwMy]))?")
_EPOCH_MS = re.compile(r"-?\d{1,15}")
_UNIT = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "M": timedelta(days=30),
    "y": timedelta(days=365),
}
# Grafana's own steps: below the first number of milliseconds, buckets are the second wide.
_STEPS_MS = (
    (1_500, 1_000),
    (3_500, 2_000),
    (7_500, 5_000),
    (12_500, 10_000),
    (17_500, 15_000),
    (25_000, 20_000),
    (45_000, 30_000),
    (90_000, 60_000),
    (210_000, 120_000),
    (450_000, 300_000),
    (750_000, 600_000),
    (1_050_000, 900_000),
    (1_500_000, 1_200_000),
    (2_700_000, 1_800_000),
    (5_400_000, 3_600_000),
    (9_000_000, 7_200_000),
    (16_200_000, 10_800_000),
    (32_400_000, 21_600_000),
    (86_400_000, 43_200_000),
    (604_800_000, 86_400_000),
    (1_814_400_000, 604_800_000),
)
_WIDEST_MS = 2_592_000_000


class TimeRangeError(ValueError):
    """A range nobody can mean; the message is fit for the reader of the page."""


@dataclass(frozen=True)
class TimeRange:
    """From one instant to a later one, both aware."""

    since: datetime
    until: datetime

    @classmethod
    def parse(cls, since: str, until: str, *, now: datetime | None = None) -> "TimeRange":
        """Read two ends such as `now-30d` and `now`; raises TimeRangeError saying what is wrong."""
        now = now or datetime.now(UTC)
        span = cls(_instant(since, now), _instant(until, now, end=True))
        if span.since >= span.until:
            raise TimeRangeError("the range ends before it begins")
        if span.until - span.since > MAX_RANGE:
            raise TimeRangeError(f"the range is longer than {MAX_RANGE.days} days")
        return span

    def interval(self, max_points: int, minimum: timedelta = timedelta(seconds=1)) -> timedelta:
        """Return the width of a bucket that keeps a chart under `max_points`, as Grafana does."""
        wanted_ms = (self.until - self.since) / timedelta(milliseconds=1) / max(max_points, 1)
        rounded_ms = next((step for below, step in _STEPS_MS if wanted_ms < below), _WIDEST_MS)
        return max(timedelta(milliseconds=rounded_ms), minimum)


def duration(text: str) -> timedelta:
    """Read a width such as `30s` or `1h`; raises TimeRangeError."""
    match = re.fullmatch(r"(\d{1,6})([smhdwMy])", text)
    if match is None:
        raise TimeRangeError(f"{text!r} is not a duration such as 30s or 1h")
    return int(match[1]) * _UNIT[match[2]]


def _instant(text: str, now: datetime, *, end: bool = False) -> datetime:
    try:
        if (match := _RELATIVE.fullmatch(text)) is not None:
            return _relative(match, now, end=end)
        if _EPOCH_MS.fullmatch(text):
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        instant = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise TimeRangeError(f"{text[:40]!r} is not a time such as now-7d") from None
    if instant.tzinfo is None:
        raise TimeRangeError(f"{text[:40]!r} lacks its offset from UTC, for example +00:00")
    return instant.astimezone(UTC)


def _relative(match: re.Match[str], now: datetime, *, end: bool) -> datetime:
    amount, unit, rounding = match.groups()
    instant = now - int(amount) * _UNIT[unit] if amount else now
    if rounding is None:
        return instant
    start = _start_of(rounding, instant)
    if not end:
        return start
    # A month and a year have no fixed length: the day after the longest lies in the next one.
    longest = {"M": timedelta(days=31), "y": timedelta(days=366)}.get(rounding, _UNIT[rounding])
    return _start_of(rounding, start + longest) - timedelta(milliseconds=1)


def _start_of(unit: str, instant: datetime) -> datetime:
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    starts = {
        "s": instant.replace(microsecond=0),
        "m": instant.replace(second=0, microsecond=0),
        "h": instant.replace(minute=0, second=0, microsecond=0),
        "d": midnight,
        "w": midnight - timedelta(days=midnight.weekday()),
        "M": midnight.replace(day=1),
        "y": midnight.replace(month=1, day=1),
    }
    return starts[unit]

"""Turns whatever a file calls a time into an aware UTC datetime."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from streams.errors import InputError

# "Tue Oct 31 22:10:47 +0000 2017"
_TWITTER = re.compile(
    r"[A-Z][a-z]{2} (?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?P<time>\d\d:\d\d:\d\d) "
    r"(?P<offset>[+-]\d{4}) (?P<year>\d{4})",
    re.ASCII,
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NUMBER = re.compile(r"-?\d{9,19}(\.\d+)?", re.ASCII)
# Above each bound a number of seconds would lie past the year 5000, so the unit is finer.
_EPOCH_UNITS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))
_SMALLEST_EPOCH = 1e8  # 1973; below it a number is rather a counter or a year
# ClickHouse's DateTime64 holds no other years.
_FIRST_YEAR, _LAST_YEAR = 1900, 2299

TimeParser = Callable[[object], datetime]


def zone_named(name: str) -> tzinfo:
    """The time zone of that name; raises InputError when there is none."""
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InputError(
            f"time zone {name!r} is not known; give a name such as UTC or Europe/Madrid"
        ) from error


def time_parser(zone: tzinfo = UTC, time_format: str | None = None) -> TimeParser:
    """A parser of times; it raises ValueError with a reason fit for a rejected row.

    `zone` is assumed where a time says no offset. `time_format` (strptime) replaces guessing.
    """

    @lru_cache(maxsize=16_384)
    def parse_text(text: str) -> datetime:
        moment = _with_format(text, time_format) if time_format else _guessed(text)
        return _in_utc(moment, zone)

    def parse(value: object) -> datetime:
        if isinstance(value, str):
            return parse_text(value.strip())
        if isinstance(value, datetime):
            return _in_utc(value, zone)
        if isinstance(value, date):
            return _in_utc(datetime(value.year, value.month, value.day, tzinfo=zone), zone)
        if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
            return _in_utc(_from_epoch(float(value)), zone)
        raise ValueError("the time is missing" if value is None else f"{value!r} is not a time")

    return parse


def _in_utc(moment: datetime, zone: tzinfo) -> datetime:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"the time {moment.isoformat()} is out of range") from error
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(
            f"the time {moment.isoformat()} is not between {_FIRST_YEAR} and {_LAST_YEAR}"
        )
    return moment


def _with_format(text: str, time_format: str) -> datetime:
    try:
        return datetime.strptime(text, time_format)  # noqa: DTZ007 - _in_utc adds the zone
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time of the form {time_format!r}") from error


def _guessed(text: str) -> datetime:
    if not text:
        raise ValueError("the time is empty")
    if _NUMBER.fullmatch(text):
        return _from_epoch(float(text))
    if match := _TWITTER.fullmatch(text):
        return _from_twitter(match)
    # "2015-02-24 11:35:52 -0800": ISO but for the blank before the offset.
    compact = text[:-6] + text[-5:] if text[-6:-5] == " " and text[-5] in "+-" else text
    if compact.endswith((" UTC", " GMT")) and compact[:4].isdigit():
        compact = compact[:-4] + "+00:00"
    # Without this guard fromisoformat would take the years and short counters of other columns.
    if len(compact) >= 8:
        try:
            return datetime.fromisoformat(compact)
        except ValueError:
            pass
    try:
        moment = parsedate_to_datetime(text)
        # RFC 2822's "-0000" is UTC with the place unsaid; the library hands it back naive.
        return moment.replace(tzinfo=UTC) if text.endswith("-0000") else moment
    except (ValueError, TypeError, IndexError) as error:
        raise ValueError(
            f"{text[:80]!r} is not a time of a known form; say its form with --time-format"
        ) from error


def _from_epoch(number: float) -> datetime:
    if abs(number) < _SMALLEST_EPOCH:
        raise ValueError(f"{number:g} is too small for a time in seconds since 1970")
    for bound, per_second in _EPOCH_UNITS:
        if abs(number) < bound:
            return datetime.fromtimestamp(number / per_second, UTC)
    raise ValueError(f"{number!r} is not a time")


def _from_twitter(match: re.Match[str]) -> datetime:
    if match["month"] not in _MONTHS:
        raise ValueError(f"{match[0]!r} names no month")
    month = _MONTHS.index(match["month"]) + 1
    day = int(match["day"])
    return datetime.fromisoformat(
        f"{match['year']}-{month:02}-{day:02}T{match['time']}{match['offset']}"
    )

"""Time is UTC-aware everywhere."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MILLISECOND = 253_402_300_799_999  # of the year 9999


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def utc(moment: datetime) -> datetime:
    """`moment` in UTC; one without an offset is taken for UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def from_milliseconds(milliseconds: int) -> datetime:
    """A Kafka timestamp as a moment; the nearest one where it is outside any calendar.

    Producers write what they like: microseconds, or -1 for none.
    """
    return _EPOCH + timedelta(milliseconds=min(max(milliseconds, 0), _LAST_MILLISECOND))
